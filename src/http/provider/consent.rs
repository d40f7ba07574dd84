//! The form by which a person signs in and consents.

use std::fmt::Write as _;

use super::page::Page;
use crate::auth::{Prompt, User};
use crate::protocol::escaped;

/// The page that asks who signs in, and what the application gets. Its form is sent to the page's own
/// address without its query.
pub(super) fn consent_page(prompt: Prompt, action: &str) -> Page {
    let mut html = String::new();
    let application = escaped(&prompt.application);
    let back = prompt.leads_to.as_deref().map_or_else(String::new, |source| {
        format!(" You will be sent to <code>{}</code>.", escaped(source))
    });
    // Writing to a string cannot fail.
    let _ = write!(
        html,
        "<p><strong>{application}</strong> wants to act for you.{back}</p>\n\
         <form method=\"post\" action=\"{}\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{}\">\n",
        escaped(action),
        escaped(&prompt.ticket)
    );
    html.push_str("<fieldset><legend>Sign in as</legend>\n");
    for (index, user) in prompt.users.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let _ = writeln!(
            html,
            "<label><input type=\"radio\" name=\"user\" value=\"{}\" required{checked}><span>{}\
             <small>{}</small><small>{}</small></span></label>",
            escaped(&user.id),
            escaped(&user.name),
            escaped(&user.username),
            breakable(&can_consent(user)),
        );
    }
    html.push_str("</fieldset>\n");
    if !prompt.permissions.is_empty() {
        html.push_str("<fieldset><legend>Allow</legend>\n");
        for permission in &prompt.permissions {
            let _ = writeln!(
                html,
                "<label><input type=\"checkbox\" name=\"permission\" value=\"{}\" checked>\
                 <span>{}</span></label>",
                escaped(permission),
                breakable(permission)
            );
        }
        html.push_str("</fieldset>\n");
    }
    let _ = write!(
        html,
        "<div class=\"buttons\"><button class=\"main\" name=\"action\" value=\"allow\">Allow</button>\
         <button name=\"action\" value=\"deny\" formnovalidate>Cancel</button></div>\n</form>\n\
         <p class=\"note\">This issuer is for development: it asks for no password, and trusts every \
         program of this machine. Application <code>{}</code></p>",
        escaped(&prompt.application_id)
    );
    Page { leads_to: prompt.leads_to, ..Page::new("Sign in", html) }
}

/// The text as HTML, in which the long names of permissions break at their dots.
fn breakable(text: &str) -> String {
    escaped(text).replace('.', ".<wbr>")
}

fn can_consent(user: &User) -> String {
    match &user.permissions {
        None => "can consent to everything".to_owned(),
        Some(none) if none.is_empty() => "can consent to no permission".to_owned(),
        Some(permissions) => format!("can consent to {}", permissions.join(", ")),
    }
}
