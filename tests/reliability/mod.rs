//! What survives crashes, lost databases and a change of keys, and how it is watched.

pub mod crash;
pub mod database_loss;
pub mod health;
pub mod key_rotation;
pub mod spans;

crate::support::cases::gather! {
    crash,
    database_loss,
    health,
    key_rotation,
    spans,
}
