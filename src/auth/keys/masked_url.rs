//! URLs as they may be shown.

/// A URL without what may be secret in it: a user with a password, and the query. What is no URL is
/// masked as far as it may be one that was mistyped.
#[must_use]
pub fn masked_url(url: &str) -> String {
    let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + 3));
    let (shown, query) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..at], "?***"),
        None => (rest, ""),
    };
    // A password may contain what should have been percent-encoded, so the last '@' counts.
    match rest.rfind('@') {
        Some(at) if at < shown.len() => format!("{scheme}***@{}{query}", &shown[at + 1..]),
        // It is in the query, or that is none: the password contains '?' or '#'.
        Some(_) if !shown.contains('/') => format!("{scheme}***"),
        Some(_) | None => format!("{scheme}{shown}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::masked_url;

    #[test]
    fn neither_a_password_nor_a_query_is_shown() {
        for (url, shown) in [
            ("https://login.example.com/x/v2.0", "https://login.example.com/x/v2.0"),
            ("https://[::1]:8443/{tenantid}", "https://[::1]:8443/{tenantid}"),
            ("https://me:HUSH@login.example.com/x", "https://***@login.example.com/x"),
            ("https://HUSH@login.example.com", "https://***@login.example.com"),
            ("https://me:HU/SH@login.example.com/x", "https://***@login.example.com/x"),
            ("https://me:HU@SH@login.example.com/x", "https://***@login.example.com/x"),
            ("https://me:HU?SH@login.example.com/x", "https://***"),
            ("https://me:HU#SH@login.example.com/x", "https://***"),
            ("https://login.example.com/x?code=HUSH", "https://login.example.com/x?***"),
            ("https://login.example.com/x?user=HU@SH", "https://login.example.com/x?***"),
            ("https://login.example.com/x#HUSH", "https://login.example.com/x?***"),
            ("me:HUSH@login.example.com", "***@login.example.com"),
            ("nothing", "nothing"),
            ("", ""),
        ] {
            assert_eq!(masked_url(url), shown, "{url}");
        }
    }
}
