//! A tenant that attacks a server, and one that works beside it.

mod attacker;
mod attacks;
mod bystander;

pub use attacker::Attacker;
pub use attacks::{ATTACKS, Attack};
pub use bystander::{Experience, bystander, work};
