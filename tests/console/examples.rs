//! The examples of the documentation page, each pasted into a shell of its own.

use tempfile::TempDir;

use crate::support::commands::text;
use crate::support::data_folder::data_folder;
use crate::support::process::{Server, shell};
use crate::support::{Actor, Database, Engine, cases};

cases! {
    once: [every_example_of_the_documentation_page_works_as_it_is_pasted],
}

/// The examples of the page, as a browser shows them.
fn examples(page: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    let operations = page.split("<h3>").skip(1).filter_map(|operation| {
        let name = operation.split("</h3>").next()?;
        let example = operation.split("<div class=\"example\">").nth(1)?;
        let lines = example.split("<code>").nth(1)?.split("</code>").next()?;
        let lines = lines.replace("<strong>", "").replace("</strong>", "");
        Some((name.to_owned(), unescaped(&lines)))
    });
    operations.collect()
}

async fn every_example_of_the_documentation_page_works_as_it_is_pasted() {
    let folder = data_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);
    let page = Actor::new(server.addr, None).get("/docs").await.is(200).text();
    let examples = examples(&page);
    assert!(examples.len() >= 55, "{}", examples.len());
    let elsewhere = TempDir::new().expect("a folder");
    let mut wrong = Vec::new();
    for (name, lines) in &examples {
        let output = shell(lines).current_dir(elsewhere.path()).output().expect("bash");
        let (answer, complaint) = (text(&output.stdout), text(&output.stderr));
        let good = ["HTTP/1.1 2", "HTTP/1.1 302"].iter().any(|status| answer.starts_with(status));
        if !good || !complaint.is_empty() {
            wrong.push(format!("{name}\n{lines}\n{answer}\n{complaint}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
