//! Faults of PostgreSQL on demand.

use super::Database;
use super::database::execute;

/// Whether a fault is met again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Once,
    Always,
}

/// Lets statements fail with an error of this SQLSTATE, `when` a trigger fires:
/// `trigger t before update on pools`, `constraint trigger t after insert on pools initially deferred`.
pub async fn fail(database: &Database, when: &str, code: &str, fault: Fault) {
    let condition = match fault {
        Fault::Once => "nextval('faults') = 1",
        Fault::Always => "true",
    };
    let function = format!(
        "create function fail() returns trigger language plpgsql as $$
         begin
           if {condition} then
             raise exception using errcode = '{code}', message = 'a fault on demand';
           end if;
           return new;
         end $$"
    );
    let trigger = format!("create {when} for each row execute function fail()");
    for statement in ["create sequence faults", &function, &trigger] {
        execute(database, statement).await;
    }
}
