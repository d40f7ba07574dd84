//! The query options of a request.

use crate::http::error::ApiError;
use crate::http::handler::Extract;
use crate::http::request::Request;
use crate::protocol::openapi::Description;
use crate::protocol::{FromQuery, QueryOptions};

/// All query options; one that `T` does not know is refused by name.
pub(in crate::http) struct Query<T>(pub(in crate::http) T);

impl<T: FromQuery> Extract for Query<T> {
    const READS_OPTIONS: bool = true;

    async fn extract(request: &mut Request) -> Result<Self, ApiError> {
        let options = QueryOptions::parse(request.query())?;
        let limits = request.context.service.limits;
        let sizes = limits.page_sizes(request.context.preferences.page_size);
        let options = T::from_query(options, sizes)?;
        // Before they are read.
        request.context.reserve(options.most_entities()).await?;
        Ok(Self(options))
    }

    fn describe(description: &mut Description) {
        description.takes_options::<T>();
    }
}
