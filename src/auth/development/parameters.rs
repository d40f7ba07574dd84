//! The parameters of a request to the identity provider, in a query string or a form.

use percent_encoding::percent_decode_str;

use super::refusal::GrantRefusal;

/// The only parameter that may be given several times: a permission that the user ticked.
pub(super) const PERMISSION: &str = "permission";

/// The most parameters of a request.
const MAX_PARAMETERS: usize = 100;

/// Decoded parameters. One without a value counts as omitted (RFC 6749, section 3.1).
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The parameters of `text`, which is form-encoded.
    ///
    /// # Errors
    /// [`GrantRefusal::Form`] if it is not UTF-8, if a parameter is given twice, or if there are too many.
    pub fn parse(text: &str) -> Result<Self, GrantRefusal> {
        let mut parameters = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if value.is_empty() {
                continue;
            }
            if name != PERMISSION && parameters.get(&name).is_some() {
                return Err(GrantRefusal::Form("a parameter is given twice"));
            }
            if parameters.0.len() == MAX_PARAMETERS {
                return Err(GrantRefusal::Form("it has more than 100 parameters"));
            }
            parameters.0.push((name, value));
        }
        Ok(parameters)
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The value of a parameter that the request must have.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, GrantRefusal> {
        self.get(name).ok_or(GrantRefusal::Missing(name))
    }

    /// Every value of a parameter.
    pub(super) fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Adds the client's credentials of the `Basic` scheme: id and secret, each form-encoded
    /// (RFC 6749, section 2.3.1).
    ///
    /// # Errors
    /// [`GrantRefusal::Form`] if they are malformed, or not the only ones.
    pub fn authenticate(&mut self, credentials: &str) -> Result<(), GrantRefusal> {
        let malformed =
            GrantRefusal::Form("the Authorization header has no valid client credentials");
        let (id, secret) = credentials.split_once(':').ok_or(malformed)?;
        let (id, secret) = (decoded(id)?, decoded(secret)?);
        let other = self.get("client_id").is_some_and(|named| named != id);
        if other || self.get("client_secret").is_some() {
            return Err(GrantRefusal::Form("the client is authenticated in two ways"));
        }
        self.0.retain(|(name, _)| name != "client_id");
        self.0.extend([("client_id".to_owned(), id), ("client_secret".to_owned(), secret)]);
        Ok(())
    }
}

fn decoded(text: &str) -> Result<String, GrantRefusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| GrantRefusal::Form("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn forms_are_read_as_clients_write_them() {
        let form =
            "grant_type=x&client_id=a%2Fb&client_secret=s%26+%2B&scope=&permission=A&permission=B";
        let read = Parameters::parse(form).expect("a form");
        assert_eq!(read.get("grant_type"), Some("x"));
        assert_eq!(read.get("client_id"), Some("a/b"));
        assert_eq!(read.get("client_secret"), Some("s& +"));
        assert_eq!(read.get("scope"), None);
        assert_eq!(read.all("permission").collect::<Vec<_>>(), ["A", "B"]);
        let many = "permission=A&".repeat(101);
        for form in ["scope=a&scope=b", "client_id=%FF", &many] {
            assert!(Parameters::parse(form).is_err(), "{form}");
        }
    }

    #[test]
    fn credentials_of_the_basic_scheme_are_the_only_ones() {
        let authenticated = |form: &str, credentials: &str| {
            let mut read = Parameters::parse(form).expect("a form");
            read.authenticate(credentials).map(|()| read)
        };
        for form in ["", "client_id=app"] {
            let read = authenticated(form, "app:s%3A%C3%BC").expect("authenticated");
            assert_eq!(
                (read.get("client_id"), read.get("client_secret")),
                (Some("app"), Some("s:ü"))
            );
        }
        for (form, credentials) in
            [("client_id=other", "app:s"), ("client_secret=x", "app:s"), ("", "app"), ("", "a:%FF")]
        {
            assert!(authenticated(form, credentials).is_err(), "{form} {credentials}");
        }
    }
}
