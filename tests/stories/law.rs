//! The law of approvals: whatever the order in which plans are made, dropped, called back and approved in two
//! conversations, each accepted code approves the plan that was armed and shown there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use dombot_core::chat::ReplyKind;
use dombot_core::ids::PlanId;
use dombot_core::store::PlanState;
use dombot_tests::Talk;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Asks for one more record, which makes a plan.
    Plan(usize),
    /// Types the code of now.
    Code(usize),
    /// Types it inside a sentence.
    Burn(usize),
    /// Drops what waits.
    No(usize),
    /// Calls an earlier plan of the conversation back.
    Arm(usize, usize),
}

const PLACES: [&str; 2] = ["terminal", "telegram"];

fn turn() -> impl Strategy<Value = Turn> {
    let place = 0..2usize;
    prop_oneof![
        4 => place.clone().prop_map(Turn::Plan),
        4 => place.clone().prop_map(Turn::Code),
        1 => place.clone().prop_map(Turn::Burn),
        2 => place.clone().prop_map(Turn::No),
        2 => (place, 0..6usize).prop_map(|(p, n)| Turn::Arm(p, n)),
    ]
}

/// What ought to be, kept beside what is.
#[derive(Default)]
struct Model {
    armed: [Option<PlanId>; 2],
    plans: BTreeMap<PlanId, (usize, PlanState, String)>,
}

impl Model {
    fn set(&mut self, plan: PlanId, state: PlanState) {
        self.plans.get_mut(&plan).unwrap().1 = state;
    }
}

async fn take(talk: &Talk, model: &mut Model, turn: Turn) {
    match turn {
        Turn::Plan(place) => {
            let n = model.plans.len();
            let words = format!("ustaw h{n}.demo-firma.test na 203.0.113.{n}");
            let card = talk.say_in(PLACES[place], &words).await.plan.unwrap();
            assert_eq!(card.armed, model.armed[place].is_none(), "a second one is not swapped in");
            let name = format!("h{n}.demo-firma.test");
            model.plans.insert(card.plan.id, (place, PlanState::Open, name));
            model.armed[place].get_or_insert(card.plan.id);
        }
        Turn::Code(place) => {
            let reply = talk.code_in(PLACES[place]).await;
            assert_eq!(reply.kind == ReplyKind::Answer, model.armed[place].is_some());
            if let Some(plan) = model.armed[place].take() {
                assert_eq!(reply.plan.unwrap().plan.id, plan);
                model.set(plan, PlanState::Running);
            }
        }
        Turn::Burn(place) => {
            let reply = talk.say_in(PLACES[place], &format!("mój kod {}", talk.shown())).await;
            assert_eq!(reply.code.as_deref(), Some("code_burnt"));
            talk.clock.advance(std::time::Duration::from_secs(30));
        }
        Turn::No(place) => {
            talk.say_in(PLACES[place], "nie").await;
            if let Some(plan) = model.armed[place].take() {
                model.set(plan, PlanState::Dropped);
            }
        }
        Turn::Arm(place, n) => {
            let Some(plan) = model.plans.keys().nth(n).copied() else { return };
            let stored = talk.engine.store().plan(plan).await.unwrap().unwrap();
            let now = dombot_core::clock::Clock::now(&*talk.clock);
            let armed = talk.engine.store().arm(&stored, now).await.unwrap();
            let (home, state, _) = &model.plans[&plan];
            let free = model.armed[*home].is_none_or(|p| p == plan);
            assert_eq!(armed, free && *state == PlanState::Open, "{place} {n}");
            if armed {
                model.armed[*home] = Some(plan);
            }
        }
    }
}

async fn holds(turns: &[Turn]) {
    let talk = Talk::pl().await;
    let mut model = Model::default();
    for turn in turns {
        take(&talk, &mut model, *turn).await;
        for (plan, (_, state, _)) in &model.plans {
            assert_eq!(talk.progress(*plan).await.state, *state, "{turn:?}");
        }
    }
    talk.work().await;
    let approved: BTreeSet<&String> =
        model.plans.values().filter(|p| p.1 == PlanState::Running).map(|p| &p.2).collect();
    assert_eq!(talk.ledger().len(), approved.len());
    for (_, state, name) in model.plans.values() {
        let there = !talk.zone(name, "A").await.is_empty();
        assert_eq!(there, *state == PlanState::Running, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_accepted_code_approves_the_plan_armed_and_shown_there(
        turns in proptest::collection::vec(turn(), 1..14)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(holds(&turns));
    }
}
