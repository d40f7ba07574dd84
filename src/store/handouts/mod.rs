//! Handing codes out: the ledger, claims, releases and reinstatements. Knows codes and device
//! states; nothing else in the store depends on how a claim is decided.

mod claim;
mod claim_batch;
mod claim_facts;
mod claim_single;
mod claims;
mod decide;
mod following;
mod fragments;
mod free_codes;
mod holders;
mod ledger;
mod marks;
mod named_code;
mod outcome;
mod prior;
mod reinstate;
mod release;
mod twins;

pub(super) use following::{Transition, follow, transitions};
pub(super) use fragments::{IN_LEDGER, SHOWN_STATE};
pub(super) use holders::identify;
pub(super) use ledger::LedgerCode;
pub(super) use outcome::{FREE, HANDED_OUT_ELSEWHERE, INSTALLED, INSTALLING, REINSTATED};
pub(super) use prior::{PriorRow, insert_other_prior, insert_prior};
pub(super) use twins::{LeftTwins, Original, mark as mark_twins};
