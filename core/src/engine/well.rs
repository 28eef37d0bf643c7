//! Is all well? What the outside heartbeat stands for.

use super::Engine;
use crate::error::Result;

impl Engine {
    /// Unlocked, the clock is right, the database can be written, nothing is held back as a whole: approved work
    /// would go on now. `None` = all is well, else what is not.
    pub async fn trouble(&self) -> Result<Option<&'static str>> {
        if self.unlocked().is_none_or(|u| u.seal.is_none()) {
            return Ok(Some("locked"));
        }
        if self.holds() {
            return Ok(Some("no changes"));
        }
        if !self.time_is_right().await? {
            return Ok(Some("clock"));
        }
        let frozen = self.store().frozen().await?;
        if frozen.iter().any(|(scope, _, _)| *scope == crate::freeze::Scope::All) {
            return Ok(Some("frozen"));
        }
        self.store().remember("beat", &self.clock().now().to_string()).await?;
        Ok(None)
    }
}
