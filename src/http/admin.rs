//! The admin listener: metrics for the operator.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, ServiceConfig};

use super::metrics::CurrentValues;
use super::service::Service;
use crate::telemetry;

/// Adds the route of the admin listener, `GET /metrics`. The app's data must hold the [`Service`].
pub fn configure_admin(config: &mut ServiceConfig) {
    config.route("/metrics", web::get().to(metrics));
}

async fn metrics(service: web::Data<Service>) -> HttpResponse {
    let Service { store, limits, metrics, clock, .. } = &**service;
    metrics.stock.refresh(store, limits.low_stock_threshold, *clock).await;
    let current = CurrentValues {
        connections: service.store.connections(),
        free_body_bytes: service.body_memory.free_bytes(),
        free_response_bytes: service.response_memory.free_bytes(),
        refused: [
            ("bodies", service.body_memory.refused()),
            ("responses", service.response_memory.refused()),
            ("connections", service.store.refused_connections()),
        ],
        store_work: service.store.work_done(),
        tokens: service.authenticator.token_checks(),
        log_lines_dropped: telemetry::dropped_lines(),
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        .body(service.metrics.render(&current))
}
