//! The outside heartbeat: off until `config set heartbeat.url`.

use std::sync::Arc;
use std::time::Duration;

use dombot_core::engine::Engine;
use dombot_core::vault::Vault;
use dombot_providers::beat;
use tokio::sync::Mutex;

/// Configuration key of the address.
pub(crate) const URL: &str = "heartbeat.url";
/// Between two pings.
pub(super) const EVERY: Duration = Duration::from_mins(5);

/// Pings, where an address is configured and all is well. A ping that fails is the watcher's to notice.
pub(super) async fn once(engine: &Engine, vault: &Arc<Mutex<Option<Vault>>>) {
    let url = vault.lock().await.as_ref().and_then(|v| v.content().config(URL));
    let url = url.filter(|u| !u.is_empty());
    let Some(url) = url else { return };
    match engine.trouble().await {
        Ok(None) => {
            if let Err(e) = beat::ping(&url).await {
                tracing::warn!(error = %e, "the heartbeat was not heard");
            }
        }
        Ok(Some(why)) => tracing::warn!(why, "no heartbeat: not all is well"),
        Err(e) => tracing::error!(error = %e, "no heartbeat: the database failed"),
    }
}
