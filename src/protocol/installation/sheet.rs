//! A sheet of QR codes to print and cut, a card for each device: HTML without scripts and without
//! anything to fetch.

use std::fmt::Write as _;

use crate::domain::{ActivationCodeString, Installation, Sheet};
use crate::protocol::html::escaped;
use crate::qr::Qr;

/// The style of a sheet, which is inside of it.
pub const SHEET_STYLE: &str = "
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 10pt/1.35 system-ui, sans-serif; color: #000; background: #fff;
  max-width: 190mm; margin: 8mm auto; padding: 0 4mm; }
header { margin-bottom: 3mm; }
h1 { font-size: 15pt; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 12pt; line-height: 1.2; margin: 0; }
p { margin: 0; }
.more { background: #fff3cd; border: 1px solid #d8b13c; border-radius: 1mm;
  padding: 2mm 3mm; margin: 4mm 0; }
.cards { display: grid; grid-template-columns: 1fr 1fr; gap: 3mm; }
.card { display: grid; grid-template-columns: 34mm 1fr; gap: 0 3mm; align-content: start;
  border: 1px dashed #777; padding: 2.5mm; overflow-wrap: anywhere; break-inside: avoid; }
.card svg { display: block; width: 34mm; height: 34mm; }
.wide { grid-column: 1 / 3; }
dl { margin: 0; }
dt { font-size: 7.5pt; color: #444; margin-top: 1mm; }
dd { margin: 0; }
.digits { font: 9pt/1.3 ui-monospace, monospace; word-break: break-all; }
.how { font-size: 7.5pt; color: #444; margin-top: 1mm; }
@media screen and (max-width: 150mm) { .cards { grid-template-columns: 1fr; } }
@page { margin: 10mm; }
@media print { .more { display: none; } body { max-width: none; margin: 0; padding: 0; } }
";

/// A sheet as HTML, with its secrets; `next` is the URL of the next sheet, if there is one.
#[must_use]
pub fn sheet_page(sheet: &Sheet, next: Option<&str>) -> String {
    let name = escaped(sheet.pool.display_name.as_str());
    let cards = &sheet.page.items;
    let count = match cards.len() {
        0 => "None of the devices asked for has an activation code of this pool now.".to_owned(),
        1 => "1 activation code, for the one device that it names.".to_owned(),
        count => format!("{count} activation codes, each for the one device that it names."),
    };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title>\
         <style>{SHEET_STYLE}</style></head><body>\n\
         <header><h1 dir=\"auto\">{name}</h1><p>{count}</p></header>\n"
    );
    if let Some(next) = next {
        // Writing to a string cannot fail.
        let _ = writeln!(
            html,
            "<p class=\"more\">There are more than these {}: <a href=\"{}\">the next sheet</a>. \
             (This is not printed.)</p>",
            cards.len(),
            escaped(next)
        );
    }
    html.push_str("<main class=\"cards\">\n");
    for installation in cards {
        html.push_str(&card(installation));
    }
    html + "</main></body></html>\n"
}

fn card(installation: &Installation) -> String {
    let details = &installation.device_state.details;
    let mut about = String::new();
    // A device without a name is identified by its EID.
    let names = [&details.device_name, &details.eid];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    let _ = write!(about, "<h2 dir=\"auto\">{}</h2>", escaped(name.map_or("", String::as_str)));
    if let Some(user) = &details.user_name {
        let _ = write!(about, "<p dir=\"auto\">{}</p>", escaped(user));
    }
    about.push_str("<dl>");
    about.push_str(&field("ICCID", installation.iccid.as_str()));
    let Some(code) = &installation.string else {
        return format!(
            "<section class=\"card\"><div class=\"wide\">{about}</dl><p class=\"how\">No QR code: \
             this activation code has characters that no device can read.</p></div></section>\n"
        );
    };
    about.push_str(&field("SM-DP+ address", &code.address));
    if let Some(confirmation) = &installation.confirmation_code {
        about.push_str(&field("Confirmation code", confirmation.expose()));
    }
    let (picture, text) = (drawing(code), field("Activation code", &code.expose_for_qr()));
    format!(
        "<section class=\"card\"><div role=\"img\" aria-label=\"QR code\">{picture}</div>\
         <div>{about}</dl></div><dl class=\"wide\">{text}</dl><p class=\"wide how\">Scan it, or type the \
         code, where the device adds an eSIM.</p></section>\n"
    )
}

fn field(name: &str, value: &str) -> String {
    format!("<dt>{name}</dt><dd class=\"digits\">{}</dd>", escaped(value))
}

fn drawing(code: &ActivationCodeString) -> String {
    Qr::of(&code.expose_for_qr()).expect("255 characters fit").svg()
}
