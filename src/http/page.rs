//! Pages of a list: how one is built, and how it is sent.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use super::handler::Reply;
use super::page_bytes::PageBytes;
use super::reply::{response_head, write_json};
use super::request_context::RequestContext;
use crate::domain::Page;
use crate::protocol::openapi::Description;
use crate::protocol::{
    Collection, EntityBody, Expanded, Links, ListBody, ListOptions, Model, Shape, Wire, Written,
};

/// How many entities are written before other requests of the worker have a turn.
const ENTITIES_PER_TURN: usize = 128;

/// A page of a list, whose entities are written: no more of them than its length allows.
pub(super) type PageBody<T, X = ()> = ListBody<Written<EntityBody<T, X>>>;

/// A page that is being written. It ends early at the maximum length.
pub(super) struct PageWriter<'o, T: Model, X> {
    links: &'o Links,
    options: &'o ListOptions<T>,
    collection: Collection,
    shape: Arc<Shape>,
    max_bytes: usize,
    bytes: usize,
    value: Vec<Written<EntityBody<T, X>>>,
    last: Option<EntityBody<T, X>>,
    full: bool,
}

impl<'o, T: Model, X: Expanded> PageWriter<'o, T, X> {
    pub(super) fn new(
        options: &'o ListOptions<T>,
        collection: Collection,
        links: &'o Links,
        max_bytes: usize,
    ) -> Self {
        let shape = Arc::new(Shape::new(links, options.select.clone()));
        Self {
            links,
            options,
            collection,
            shape,
            max_bytes,
            bytes: 0,
            value: Vec::new(),
            last: None,
            full: false,
        }
    }

    /// Writes an entity, unless the page would be too long: then it is full. The first one is always
    /// written, so that a client that follows the links reaches the end.
    fn push(&mut self, entity: T, expansion: X) {
        let body = EntityBody::new(None, entity, self.shape.clone(), expansion);
        let written = Written::new(&body);
        let bytes = self.bytes.saturating_add(written.bytes());
        if bytes > self.max_bytes && !self.value.is_empty() {
            self.full = true;
            return;
        }
        self.bytes = bytes;
        self.value.push(written);
        self.last = Some(body);
    }

    /// Writes the entities of a page that are not expanded.
    pub(super) fn page(mut self, page: Page<T>, expand: impl Fn() -> X) -> PageBody<T, X> {
        for entity in page.items {
            if self.full {
                break;
            }
            self.push(entity, expand());
        }
        self.finish(page.more, page.count, &[])
    }

    /// The same, letting other requests have their turns, with expanded properties: `projection` names
    /// them in the context, and `expand` returns those of one entity.
    pub(super) async fn expanded_page(
        mut self,
        page: Page<T>,
        projection: &[String],
        mut expand: impl FnMut(&T) -> X,
    ) -> PageBody<T, X> {
        for (number, entity) in page.items.into_iter().enumerate() {
            if self.full {
                break;
            }
            if number % ENTITIES_PER_TURN == ENTITIES_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
            let expansion = expand(&entity);
            self.push(entity, expansion);
        }
        self.finish(page.more, page.count, projection)
    }

    fn finish(self, more: bool, count: Option<i64>, projection: &[String]) -> PageBody<T, X> {
        let Self { links, options, collection, shape, value, last, full, .. } = self;
        let last = last.filter(|_| more || full);
        let next = last.map(|last| links.list(collection, &options.next(last.entity())));
        let context = links.list_context(collection, &shape.projection(projection));
        ListBody::new(context, count, value, next)
    }
}

/// A page of a collection without expanded properties, with the link to the next page if there is
/// one.
pub(super) async fn page_body<T: Model>(
    page: Page<T>,
    options: &ListOptions<T>,
    collection: Collection,
    links: &Links,
    PageBytes(max_bytes): PageBytes,
) -> PageBody<T> {
    let writer = PageWriter::new(options, collection, links, max_bytes);
    writer.expanded_page(page, &[], |_| ()).await
}

impl<T: Wire + Send + 'static, X: Expanded + Send + 'static> Reply for PageBody<T, X> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        respond(self, context).await
    }

    fn describe(description: &mut Description) {
        description.gives_page::<T>();
    }
}

impl<T: Wire + Send + 'static, X: Expanded + Send + 'static> Reply for ListBody<EntityBody<T, X>> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        respond(self, context).await
    }

    fn describe(description: &mut Description) {
        description.gives_page::<T>();
    }
}

async fn respond<T: Serialize + Send + 'static>(
    page: ListBody<T>,
    context: &RequestContext,
) -> HttpResponse {
    let mut response = response_head(StatusCode::OK, "no-cache");
    if let Some(size) = context.preferences.page_size {
        response.insert_header(("Preference-Applied", format!("odata.maxpagesize={size}")));
    }
    let items = page.len();
    write_json(response, context, items, page).await
}
