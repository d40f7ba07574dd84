//! The console in a real browser, against the real program. `web/run` installs what these trials need, and
//! runs them; the scenarios lie beside this file.

mod examples;
mod served;
mod walked;

crate::support::cases::gather! {
    examples,
    served,
    walked,
}
