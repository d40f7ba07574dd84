//! What survives crashes, lost databases and a change of keys, and how it is watched.

mod budgets_of_time;
mod citus;
mod connections;
mod crash;
mod data_keys;
mod database_loss;
mod failover;
mod health;
mod key_rotation;
mod logging;
mod memory;
mod restore;
mod sessions;
mod shares;
mod slow_clients;
mod spans;
mod under_attack;
mod unknown_outcomes;

crate::support::cases::gather! {
    budgets_of_time,
    citus,
    connections,
    crash,
    data_keys,
    database_loss,
    failover,
    health,
    key_rotation,
    logging,
    memory,
    restore,
    sessions,
    shares,
    slow_clients,
    spans,
    under_attack,
    unknown_outcomes,
}
