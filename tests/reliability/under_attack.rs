//! Whatever one tenant sends, another is served, and memory stays within its bound.
//!
//! `ESIMPOOL_ATTACK_SECONDS` makes each attack as long, and all of them together as well, and
//! prints a table. `ESIMPOOL_ATTACK=name` is for one of them, `all` for all at once.
//! `ESIMPOOL_PROGRAM` is another build of the program.

use std::path::Path;
use std::time::Duration;

use futures_util::future::{join_all, pending};
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::support::attack::{ATTACKS, Attack, Attacker, Experience, bystander, work};
use crate::support::process::{Server, cpu_time, forget_peak_memory, peak_memory};
use crate::support::{Actor, Database, Engine, cases};

cases! {
    both: [another_tenant_is_served_and_memory_is_bounded_whatever_one_sends],
}

/// The sum in docs/limits.md.
const MAX_MEMORY: u64 = 512 * 1024 * 1024;
/// How many requests the other tenant has in flight at most.
const WORKERS: usize = 4;

/// A server with a tenant that attacks it, and one that does not.
struct Scene {
    server: Server,
    attacker: Attacker,
    bystander: Actor,
    length: Duration,
    prints: bool,
}

async fn another_tenant_is_served_and_memory_is_bounded_whatever_one_sends(engine: Engine) {
    let setting = |name| std::env::var_os(name).map(|it| it.into_string().expect("text"));
    let seconds = setting("ESIMPOOL_ATTACK_SECONDS").map(|it| it.parse().expect("a number"));
    let chosen = setting("ESIMPOOL_ATTACK");
    let folder = crate::support::app::new_folder();
    let database = Database::create(engine, folder.path()).await;
    let length = Duration::from_secs(seconds.unwrap_or(10));
    let scene = Scene::set(folder.path(), &database.url, length, seconds.is_some()).await;
    let mut failures = Vec::new();
    // One after the other on request only: it takes long.
    let single = ATTACKS.iter().filter(|attack| match &chosen {
        Some(name) => name == attack.0,
        None => seconds.is_some(),
    });
    for attack in single {
        failures.extend(scene.trial(attack.0, std::slice::from_ref(attack)).await);
    }
    if chosen.as_ref().is_none_or(|name| name == "all") {
        failures.extend(scene.trial("all at once", ATTACKS).await);
    }
    let some: Vec<_> = failures.iter().take(20).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), some.join("\n"));
}

impl Scene {
    #[expect(clippy::print_stdout, reason = "asked for")]
    async fn set(folder: &Path, url: &str, length: Duration, prints: bool) -> Self {
        let server = Server::start(folder, url);
        let attacker = Attacker::settle(server.addr, folder).await;
        let bystander = bystander(server.addr, folder);
        if prints {
            println!(
                "\n{:<34}{:>10}{:>9}{:>9}{:>7}{:>9}{:>7}{:>7}",
                "attack", "sent", "p50", "p99", "n", "failures", "CPU", "MB"
            );
        }
        Self { server, attacker, bystander, length, prints }
    }

    /// Attacks for a while, and returns what went wrong for the other tenant.
    async fn trial(&self, name: &str, attacks: &[Attack]) -> Vec<String> {
        let pid = self.server.pid();
        self.attacker.take_sent();
        forget_peak_memory(pid);
        let cpu = cpu_time(pid);
        // Prepared before the other tenant begins, and on threads of their own, so that they take
        // time from the server and not from the one that measures.
        let attacks = attacks.iter().map(|attack| attack.1(self.attacker.clone()));
        let attacks: Vec<_> = attacks.collect();
        let threads = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let threads = threads.expect("a runtime");
        let attacking = threads.spawn(async { tokio::join!(join_all(attacks), pending::<()>()) });
        let workers = (0..WORKERS)
            .map(|worker| tokio::spawn(work(self.bystander.clone(), worker, self.length)));
        let experiences = tokio::select! {
            all = join_all(workers.collect::<Vec<_>>()) => all,
            _ = attacking => panic!("{name} ended by itself"),
        };
        threads.shutdown_background();
        let mut experience = Experience::default();
        for one in experiences {
            experience.add(one.expect("no worker panics"));
        }
        let (cpu, memory) = (cpu_time(pid).saturating_sub(cpu), peak_memory(pid));
        if self.prints {
            self.print(name, &experience, cpu, memory);
        }
        self.is_idle().await;
        let said = |failure| format!("{name}: {failure}");
        let mut wrong: Vec<_> = experience.failures.into_iter().map(said).collect();
        if memory > MAX_MEMORY {
            wrong.push(format!("{name}: {} MB", memory >> 20));
        }
        wrong
    }

    #[expect(clippy::print_stdout, reason = "asked for")]
    fn print(&self, name: &str, experience: &Experience, cpu: Duration, memory: u64) {
        let [half, most] = [0.5, 0.99].map(|share| format!("{:.1} ms", experience.within(share)));
        let sent = format!("{} MB", self.attacker.take_sent() >> 20);
        println!(
            "{name:<34}{sent:>10}{half:>9}{most:>9}{:>7}{:>9}{:>7.1}{:>7}",
            experience.times.len(),
            experience.failures.len(),
            cpu.as_secs_f64(),
            memory >> 20,
        );
    }

    /// Waits until the server has done what the attack left behind.
    #[expect(clippy::disallowed_methods, reason = "processor time is measured over time")]
    async fn is_idle(&self) {
        let idle = async {
            let mut before = cpu_time(self.server.pid());
            loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let now = cpu_time(self.server.pid());
                if now.saturating_sub(before) < Duration::from_millis(40) {
                    break;
                }
                before = now;
            }
        };
        timeout(Duration::from_mins(2), idle).await.expect("the server comes to rest");
    }
}
