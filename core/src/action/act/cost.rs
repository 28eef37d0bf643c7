//! Costs of all wishes of one message, per account.

use crate::account::Accounts;
use crate::error::{Error, Result};
use crate::phrase;
use crate::plan::Cost;

/// One cost per account and currency; refuses when an account cannot pay for all of it together.
pub fn total(accounts: &Accounts, costs: Vec<Cost>) -> Result<Vec<Cost>> {
    let mut out: Vec<Cost> = Vec::new();
    for cost in costs {
        let same =
            |c: &&mut Cost| c.account == cost.account && c.price.currency == cost.price.currency;
        match out.iter_mut().find(same) {
            Some(sum) => {
                let minor = sum.price.minor.checked_add(cost.price.minor);
                sum.price.minor = minor.ok_or_else(|| Error::internal("a price without end"))?;
                sum.enforced &= cost.enforced;
                sum.balance = sum.balance.or(cost.balance);
            }
            None => out.push(cost),
        }
    }
    for cost in &out {
        let left = cost.balance.and_then(|b| b.checked_sub(cost.price));
        if let (Some(balance), Some(left)) = (cost.balance, left)
            && left.minor < 0
        {
            let account = accounts.get(cost.account).map_or_else(String::new, |a| a.name.clone());
            let (price, balance) = (cost.price, balance);
            return Err(phrase!(
                "domain.balance_low",
                account = account,
                price = price,
                balance = balance
            )
            .into());
        }
    }
    Ok(out)
}
