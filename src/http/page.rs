//! Pages of a list: how one is built, and how it is sent.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::handler::Reply;
use super::reply::{response_head, write_json};
use super::request_context::RequestContext;
use crate::domain::Page;
use crate::protocol::openapi::Description;
use crate::protocol::{
    Collection, EntityBody, Expanded, Links, ListBody, ListOptions, Model, Shape, Wire,
};

/// A page of a collection without expanded properties, with the link to the next page if there is
/// one.
pub(super) fn page_body<T: Model>(
    page: Page<T>,
    options: &ListOptions<T>,
    collection: Collection,
    links: &Links,
) -> ListBody<EntityBody<T>> {
    expanded_page_body(page, options, collection, links, &[], |_| ())
}

/// The same with expanded properties: `projection` names them in the context, and `expand` returns
/// those of one entity.
pub(super) fn expanded_page_body<T: Model, X: Expanded>(
    page: Page<T>,
    options: &ListOptions<T>,
    collection: Collection,
    links: &Links,
    projection: &[String],
    mut expand: impl FnMut(&T) -> X,
) -> ListBody<EntityBody<T, X>> {
    let last = page.items.last().filter(|_| page.more);
    let next = last.map(|last| links.list(collection, &options.next(last)));
    let shape = Arc::new(Shape::new(links, options.select.clone()));
    let context = links.list_context(collection, &shape.projection(projection));
    let body = |entity: T| {
        let expansion = expand(&entity);
        EntityBody::new(None, entity, shape.clone(), expansion)
    };
    ListBody::new(context, page.count, page.items.into_iter().map(body).collect(), next)
}

impl<T: Wire + Send + 'static, X: Expanded + Send + 'static> Reply for ListBody<EntityBody<T, X>> {
    async fn respond(self, context: &RequestContext) -> HttpResponse {
        let mut response = response_head(StatusCode::OK, "no-cache");
        if let Some(size) = context.preferences.page_size {
            response.insert_header(("Preference-Applied", format!("odata.maxpagesize={size}")));
        }
        let items = self.len();
        write_json(response, context, items, self).await
    }

    fn describe(description: &mut Description) {
        description.gives_page::<T>();
    }
}
