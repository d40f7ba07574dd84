//! Query options.

use super::Extract;
use crate::http::ApiError;
use crate::http::guarded::Incoming;
use crate::protocol::{PageOptions, QueryOptions};

/// The options of a list.
pub(in crate::http) struct Page(pub(in crate::http) PageOptions);

impl Extract for Page {
    const READS_OPTIONS: bool = true;

    async fn extract(incoming: &mut Incoming) -> Result<Self, ApiError> {
        let options = QueryOptions::parse(incoming.query())?;
        let limits = incoming.exchange.service.limits;
        Ok(Self(PageOptions::read(options, limits.top_default, limits.top_max)?))
    }
}
