//! Every operation of the route table, as every kind of caller.

use esimpool::http::{AccessKind, Operation, TokenKind, operations};

use crate::support::operations::{send, target};
use crate::support::{Engine, TestApp, cases};

cases! {
    both: [every_operation_answers_each_kind_of_token_as_the_report_says],
    once: [
        the_list_of_public_operations_is_pinned,
        every_operation_has_a_unique_name_and_path,
    ],
}

async fn every_operation_answers_each_kind_of_token_as_the_report_says(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut number = 0;
    for operation in operations() {
        // It is there, and good in every way: what is refused is refused for want of a permission.
        let mut target = target(&app, &operation, number).await;
        for token in TokenKind::all() {
            let answer = send(&app, &operation, token, &target, number).await;
            let status = operation.status(token);
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{} with {token:?}: {}",
                operation.name,
                answer.text()
            );
            match status {
                401 => drop(answer.is_refused(401, "InvalidAuthenticationToken")),
                403 => drop(answer.is_refused(403, "Forbidden")),
                // It may be gone now, and a code is not handed out twice.
                _ => {
                    number += 1;
                    target = self::target(&app, &operation, number).await;
                }
            }
        }
        number += 1;
    }
}

/// May only shrink without a reason.
async fn the_list_of_public_operations_is_pinned() {
    let public: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.access == AccessKind::Public)
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(
        public,
        [
            "GET /beta",
            "GET /beta/$metadata",
            "GET /openapi.json",
            "GET /docs",
            "GET /docs/{path}",
            "GET /",
            "GET /console",
            "GET /console/{path}",
            // While the development issuer is on, and not otherwise.
            "GET /{tenant}/v2.0/.well-known/openid-configuration",
            "GET /{tenant}/.well-known/openid-configuration",
            "GET /{tenant}/discovery/instance",
            "GET /{tenant}/discovery/v2.0/keys",
            "GET /{tenant}/discovery/keys",
            "POST /{tenant}/oauth2/v2.0/token",
            "GET /{tenant}/oauth2/v2.0/authorize",
            "POST /{tenant}/oauth2/v2.0/authorize",
            "POST /{tenant}/oauth2/v2.0/devicecode",
            "GET /{tenant}/oauth2/deviceauth",
            "POST /{tenant}/oauth2/deviceauth",
            "GET /{tenant}/oauth2/v2.0/logout",
            "GET /livez",
            "GET /readyz",
        ]
    );
}

async fn every_operation_has_a_unique_name_and_path() {
    let all = operations();
    let unique = |key: fn(&Operation) -> String| {
        all.iter().map(key).collect::<std::collections::HashSet<_>>().len() == all.len()
    };
    assert!(unique(|operation| operation.name.to_owned()));
    assert!(unique(|operation| format!("{} {}", operation.method, operation.path)));
}
