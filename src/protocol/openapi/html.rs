//! The OpenAPI document as an HTML page, without scripts and without anything to fetch.

use std::fmt::Write as _;

use serde_json::Value;

use crate::protocol::html::escaped;

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin: 0; display: inline; }
details { border-top: 1px solid #8886; padding: .6rem 0; }
summary { cursor: pointer; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow: auto; background: #8881; padding: .8rem; border-radius: 4px; }
.verb { display: inline-block; min-width: 4.5rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
";

/// An OpenAPI document as an HTML page.
#[must_use]
pub fn html_page(document: &Value) -> String {
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let title = text(&document["info"]["title"]);
    let _ = writeln!(
        html,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title} {}</h1><p>{}</p>\
         <p>For machines: <a href=\"openapi.json\">openapi.json</a>, \
         <a href=\"beta/$metadata\">$metadata</a>.</p>",
        text(&document["info"]["version"]),
        text(&document["info"]["description"]),
    );
    for (path, verbs) in entries(&document["paths"]) {
        for (verb, operation) in entries(verbs) {
            show(&mut html, path, verb, operation);
        }
    }
    html.push_str("<h1>Schemas</h1>\n");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = writeln!(
            html,
            "<details id=\"{0}\"><summary><code>{0}</code></summary>{1}</details>",
            escaped(name),
            block(schema)
        );
    }
    html + "</body></html>\n"
}

fn show(html: &mut String, path: &str, verb: &str, operation: &Value) {
    let _ = write!(
        html,
        "<details><summary><h2>{}</h2><br><code><span class=\"verb\">{}</span>{}</code></summary>\
         <p>{}</p>",
        text(&operation["summary"]),
        escaped(&verb.to_uppercase()),
        escaped(path),
        text(&operation["description"]),
    );
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        html.push_str("<table><tr><th>parameter</th><th>in</th><th></th></tr>");
        for it in parameters {
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                text(&it["name"]),
                text(&it["in"]),
                text(&it["description"])
            );
        }
        html.push_str("</table>");
    }
    if let Some(content) = operation.get("requestBody") {
        let _ = write!(html, "<p>Body:</p>{}", content_of(content));
    }
    for (status, response) in entries(&operation["responses"]) {
        let description = text(&response["description"]);
        let content = content_of(response);
        let _ = write!(html, "<p>{}: {description}</p>{content}", escaped(status));
    }
    html.push_str("</details>\n");
}

/// The schemas of a request body or a response. A named schema is a link.
fn content_of(it: &Value) -> String {
    let mut html = String::new();
    for (kind, content) in entries(&it["content"]) {
        let schema = &content["schema"];
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let shown = name.map_or_else(
            || block(schema),
            |name| format!(" <a href=\"#{0}\"><code>{0}</code></a>", escaped(name)),
        );
        let _ = write!(html, "<div>{}{shown}</div>", escaped(kind));
    }
    html
}

fn block(value: &Value) -> String {
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("<pre>{}</pre>", escaped(&json))
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}
