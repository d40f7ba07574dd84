//! The tour in `docs/`: each of its commands is run, and prints what the page shows.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::process::{Server, program};
use crate::support::{Database, Engine, cases, updating};

cases! {
    once: [every_command_of_the_tour_prints_what_the_page_shows],
}

const BEGIN: &str = "```console\n";
const END: &str = "```\n";
/// The address of the service in the page.
const ADDRESS: &str = "127.0.0.1:8080";
/// What the shell says before the output of each command.
const MARK: &str = "--8<--";

async fn every_command_of_the_tour_prints_what_the_page_shows() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let written = std::fs::read_to_string(&page).expect("the page");
    let folder = crate::support::app::new_folder();
    let database = Database::create(Engine::Sqlite, folder.path()).await;
    let server = Server::start(folder.path(), &database.url);

    let commands = commands(&written);
    let outputs = run(&commands, folder.path(), &server);
    assert_eq!(outputs.len(), commands.len(), "{outputs:?}");
    let real = page_of(&written, outputs);
    if updating() {
        std::fs::write(&page, real).expect("written");
        return;
    }
    let (written, real) = (without_chance(&written), without_chance(&real));
    for (stands, printed) in written.lines().zip(real.lines()) {
        assert_eq!(stands, printed, "ESIMPOOL_UPDATE_GOLDEN=1 writes it anew");
    }
    assert_eq!(written.lines().count(), real.lines().count());
    assert_eq!(server.terminate(), 0);
}

/// The commands of a page, each with the lines that belong to it.
fn commands(page: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for block in page.split(BEGIN).skip(1) {
        let block = block.split(END).next().expect("an end");
        let mut inside = None;
        for line in block.lines() {
            if let Some(word) = inside {
                let command = commands.last_mut().expect("it has begun");
                let _ = write!(command, "\n{line}");
                inside = Some(word).filter(|word| line != *word);
            } else if let Some(command) = line.strip_prefix("$ ") {
                commands.push(command.to_owned());
                inside = command.split("<<'").nth(1).and_then(|rest| rest.split('\'').next());
            }
        }
    }
    commands
}

/// What each command prints, in one shell from the first to the last.
fn run(commands: &[String], folder: &Path, server: &Server) -> Vec<String> {
    let address = server.addr.to_string();
    let mut script = "exec 2>&1\n".to_owned();
    for command in commands {
        let command = command.replace(ADDRESS, &address);
        let _ = writeln!(script, "printf '%s' '{MARK}'\n{command}");
    }
    let home = Path::new(program().get_program()).parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([home].into_iter().chain(std::env::split_paths(&path)));
    // Of the environment nothing but where programs are.
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .env_clear()
        .env("PATH", path.expect("no colons"))
        .env("ESIMPOOL__DATA_DIR", folder)
        .env("ESIMPOOL_SERVER", format!("http://{address}"))
        .output()
        .expect("bash");
    let printed = String::from_utf8(output.stdout).expect("text").replace(&address, ADDRESS);
    printed.split(MARK).skip(1).map(str::to_owned).collect()
}

/// The page with these outputs.
fn page_of(page: &str, outputs: Vec<String>) -> String {
    let mut outputs = outputs.into_iter();
    let mut real = String::new();
    for (place, part) in page.split(BEGIN).enumerate() {
        if place == 0 {
            real.push_str(part);
            continue;
        }
        let (block, rest) = part.split_once(END).expect("an end");
        real.push_str(BEGIN);
        for command in commands(&format!("{BEGIN}{block}{END}")) {
            let output = outputs.next().expect("an output each");
            let end = if output.is_empty() || output.ends_with('\n') { "" } else { "\n" };
            let _ = write!(real, "$ {command}\n{output}{end}");
        }
        real.push_str(END);
        real.push_str(rest);
    }
    real
}

/// A page in which ids and times are named by the order in which they come: they are others in each
/// run.
fn without_chance(page: &str) -> String {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut plain = String::new();
    let mut rest = page;
    while let Some(next) = rest.chars().next() {
        let word = [36, 19].iter().find_map(|length| {
            let word = rest.get(..*length)?;
            is_guid(word).then_some(("id", word)).or(is_timestamp(word).then_some(("time", word)))
        });
        if let Some((kind, word)) = word {
            let number = known.len();
            // Several things happen in one second, or do not.
            let number =
                if kind == "id" { *known.entry(word.to_owned()).or_insert(number) } else { 0 };
            let _ = write!(plain, "<{kind} {number}>");
            rest = &rest[word.len()..];
        } else {
            plain.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    plain
}

fn is_guid(word: &str) -> bool {
    word.len() == 36 && uuid::Uuid::try_parse(word).is_ok()
}

/// 2017-01-01 00:02:43, with a T in the middle perhaps.
fn is_timestamp(word: &str) -> bool {
    let pattern = "dddd-dd-dd?dd:dd:dd";
    word.len() == pattern.len()
        && word.bytes().zip(pattern.bytes()).all(|(sign, wanted)| match wanted {
            b'd' => sign.is_ascii_digit(),
            b'?' => sign == b' ' || sign == b'T',
            other => sign == other,
        })
}
