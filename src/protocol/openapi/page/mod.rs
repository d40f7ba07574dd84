//! The OpenAPI document as a page for people: operations by what people do with them, each with an
//! example to paste. It is complete without scripts; with them, it can be searched.

mod examples;
mod steps;
mod topics;

use std::fmt::Write as _;

use serde_json::Value;

use crate::protocol::html::escaped;
use examples::Examples;
use topics::TOPICS;

/// What a page shows beside the document.
#[derive(Debug)]
pub struct PageParts<'a> {
    /// The URL of the service.
    pub base: &'a str,
    /// The path of the service: empty, or with a slash at its beginning.
    pub path: &'a str,
    /// The path of the folder with the page's scripts and styles.
    pub files: &'a str,
    /// Whether the service has the console.
    pub console: bool,
    /// The command that prints a token of the development issuer, for the examples.
    pub token_command: Option<&'a str>,
    /// The tenant in the paths of the development issuer.
    pub tenant: &'a str,
}

/// An operation of the document.
struct Operation<'a> {
    name: &'a str,
    method: String,
    path: &'a str,
    content: &'a Value,
}

/// An OpenAPI document as an HTML page.
#[must_use]
pub fn html_page(document: &Value, parts: &PageParts<'_>) -> String {
    let PageParts { base, path, files, console, token_command, tenant } = *parts;
    let examples = Examples { base, token_command, tenant };
    let operations = operations(document);
    let title = text(&document["info"]["title"]);
    let console =
        if console { format!("<a href=\"{path}/console/\">Console</a>") } else { String::new() };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Operations – {title}</title>\
         <link rel=\"icon\" href=\"{files}/icon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"{files}/app.css\">\
         <link rel=\"stylesheet\" href=\"{files}/docs.css\">\
         <script type=\"module\" src=\"{files}/docs.js\"></script></head>\n<body>\
         <a class=\"skip\" href=\"#content\">Skip to the content</a>\
         <header class=\"top\"><a class=\"brand\" href=\"{path}/docs\">{title}</a>\
         <nav aria-label=\"Pages\">{console}<a href=\"{path}/docs\" aria-current=\"page\">Operations</a>\
         <a href=\"{path}/openapi.json\">OpenAPI document</a>\
         <a href=\"{path}/beta/$metadata\">Metadata</a></nav></header>\n\
         <main id=\"content\" tabindex=\"-1\"><h1>Operations</h1><p>{} Version {}.</p>\n",
        text(&document["info"]["description"]),
        text(&document["info"]["version"]),
    );
    html.push_str(
        "<form role=\"search\" id=\"search\" hidden><label>Search \
         <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label></form>\
         <p role=\"status\" class=\"note\" id=\"found\"></p>\n",
    );
    about_examples(&mut html, token_command.is_some());
    html.push_str("<nav aria-label=\"Contents\" class=\"panel\"><ul class=\"contents\">");
    for topic in TOPICS {
        let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", topic.id, topic.title);
    }
    html.push_str("<li><a href=\"#schemas\">Schemas</a></li></ul></nav>\n");
    for topic in TOPICS {
        let named = |name: &&str| operations.iter().find(|it| it.name == *name);
        let mut of_topic = topic.operations.iter().filter_map(named).peekable();
        // Those of development are not there without the development issuer.
        if of_topic.peek().is_none() {
            continue;
        }
        let _ = writeln!(
            html,
            "<section id=\"{0}\" aria-labelledby=\"{0}-title\"><h2 id=\"{0}-title\">{1}</h2>\
             <p class=\"note\">{2}</p>",
            topic.id, topic.title, topic.about
        );
        for operation in of_topic {
            show(&mut html, operation, &examples);
        }
        html.push_str("</section>\n");
    }
    html.push_str(
        "<section id=\"schemas\" aria-labelledby=\"schemas-title\"><h2 id=\"schemas-title\">Schemas</h2>\n",
    );
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = writeln!(
            html,
            "<details id=\"{0}\"><summary><code>{0}</code></summary>{1}</details>",
            escaped(name),
            block(schema, name)
        );
    }
    html + "</section></main></body></html>\n"
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = entries(&document["paths"]);
    let all = paths.flat_map(|(path, verbs)| {
        entries(verbs).map(move |(verb, content)| Operation {
            name: content["summary"].as_str().unwrap_or_default(),
            method: verb.to_uppercase(),
            path,
            content,
        })
    });
    all.collect()
}

/// What to know before an example is pasted.
fn about_examples(html: &mut String, has_token: bool) {
    html.push_str(
        "<p>The examples are for a shell with curl. Each can be pasted as it is, and changes nothing but \
         the example pool that it makes. The last command is the request itself; those before it make \
         what it needs. ",
    );
    html.push_str(if has_token {
        "The first line gets a token of the development issuer, with no more permissions than the \
         example needs.</p>\n"
    } else {
        "They take a token of one of the service’s issuers from the variable <code>TOKEN</code>.</p>\n"
    });
}

fn show(html: &mut String, operation: &Operation<'_>, examples: &Examples<'_>) {
    let Operation { name, method, path, content } = operation;
    let id = content["operationId"].as_str().unwrap_or_default();
    let _ = write!(
        html,
        "<details class=\"operation\" id=\"{}\"><summary><h3>{}</h3> \
         <code><span class=\"verb\">{method}</span> {}</code></summary><p>{}</p>",
        escaped(id),
        escaped(name),
        escaped(path),
        text(&content["description"]),
    );
    let security = list(&content["security"]);
    let permissions: Vec<_> =
        security.iter().flat_map(|it| list(&it["token"])).filter_map(Value::as_str).collect();
    let permissions = (!security.is_empty()).then_some(&*permissions);
    if let Some((before, request)) = examples.of(name, method, path, permissions) {
        let lines = format!("{}<strong>{}</strong>", escaped(&before), escaped(&request));
        let block = scrolled(&lines, &format!("Example: {name}"));
        let _ = write!(html, "<div class=\"example\"><h4>Example</h4>{block}</div>");
    }
    let parameters = list(&content["parameters"]);
    if !parameters.is_empty() {
        html.push_str(
            "<h4>Parameters</h4><table class=\"stacked\"><thead><tr><th scope=\"col\">Parameter</th>\
             <th scope=\"col\">In</th><th scope=\"col\">What it is</th></tr></thead><tbody>",
        );
        for it in parameters {
            let _ = write!(
                html,
                "<tr><td data-name=\"Parameter\"><span><code>{}</code></span></td>\
                 <td data-name=\"In\"><span>{}</span></td>\
                 <td data-name=\"What it is\" class=\"text\"><span>{}</span></td></tr>",
                text(&it["name"]),
                text(&it["in"]),
                text(&it["description"])
            );
        }
        html.push_str("</tbody></table>");
    }
    if let Some(body) = content.get("requestBody") {
        let _ = write!(html, "<h4>Body</h4>{}", content_of(body, name));
    }
    html.push_str("<h4>Answers</h4><dl class=\"facts\">");
    for (status, response) in entries(&content["responses"]) {
        let _ = write!(
            html,
            "<dt><code>{}</code></dt><dd>{}{}</dd>",
            escaped(status),
            text(&response["description"]),
            content_of(response, name)
        );
    }
    html.push_str("</dl></details>\n");
}

/// The schemas of a request body or a response. A named schema is a link.
fn content_of(it: &Value, of: &str) -> String {
    let mut html = String::new();
    for (kind, content) in entries(&it["content"]) {
        let schema = &content["schema"];
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let shown = name.map_or_else(
            || block(schema, of),
            |name| format!(" <a href=\"#{0}\"><code>{0}</code></a>", escaped(name)),
        );
        let _ = write!(html, "<div><code>{}</code>{shown}</div>", escaped(kind));
    }
    html
}

/// A schema.
fn block(schema: &Value, name: &str) -> String {
    scrolled(&escaped(&serde_json::to_string_pretty(schema).unwrap_or_default()), name)
}

/// Lines of HTML that can be scrolled with the keyboard.
fn scrolled(lines: &str, name: &str) -> String {
    format!(
        "<pre tabindex=\"0\" role=\"region\" aria-label=\"{}\"><code>{lines}</code></pre>",
        escaped(name),
    )
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}
