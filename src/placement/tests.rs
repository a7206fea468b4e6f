use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixture::{cluster, id};
use super::*;
use crate::domain::cluster::{Capacity, Intent, Observed, Tenancy};
use crate::domain::size::GIB;
use crate::domain::volume_type::TypeSpecs;
use crate::domain::{Bytes, ClusterId, LightosProject, Metadata, ProjectId};

fn new_volume(gib: u64) -> Request {
    Request::new(Purpose::New, Bytes(gib * GIB), ProjectId::new("p"))
}

fn copy(owner: u128) -> Purpose {
    Purpose::Copy { owner: id(owner), project: LightosProject::new("theirs") }
}

fn grow(owner: u128) -> Purpose {
    Purpose::Grow { owner: id(owner), project: LightosProject::new("theirs") }
}

fn specs(pairs: &[(&str, &str)]) -> TypeSpecs {
    let map: Metadata = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    TypeSpecs::parse(&map).unwrap()
}

fn refusal(request: &Request, cluster: &Cluster) -> &'static str {
    let decision = decide(request, std::slice::from_ref(cluster));
    assert!(decision.chosen.is_none(), "{decision:?}");
    match &decision.verdicts[0].outcome {
        Outcome::Refused(reason) => reason.label(),
        Outcome::Fits(_) => "fits",
    }
}

fn picks(request: &Request, clusters: &[Cluster]) -> Option<ClusterId> {
    decide(request, clusters).chosen.map(|chosen| chosen.cluster)
}

#[test]
fn the_lowest_ratio_before_placing_wins_and_ties_go_to_fewer_volumes_then_to_the_id() {
    let request = new_volume(1);
    // 50 of 100 is lower than 51 of 100, and equal to 500 of 1000.
    assert_eq!(picks(&request, &[cluster(1, 100, 51), cluster(2, 100, 50)]), Some(id(2)));
    assert_eq!(picks(&request, &[cluster(2, 1000, 500), cluster(1, 100, 50)]), Some(id(1)));
    let mut fewer = cluster(9, 100, 50);
    let mut more = cluster(1, 100, 50);
    more.capacity.as_mut().unwrap().volumes = 7;
    fewer.capacity.as_mut().unwrap().volumes = 6;
    assert_eq!(picks(&request, &[more, fewer]), Some(id(9)));
    // Literal: the small cluster is emptier before the volume, though not after it.
    let small_and_large = [cluster(1, 100, 10), cluster(2, 10_000, 1_100)];
    assert_eq!(picks(&new_volume(50), &small_and_large), Some(id(1)));
    let after = Request { rank: Rank::RatioAfter, ..new_volume(50) };
    assert_eq!(picks(&after, &small_and_large), Some(id(2)));
}

#[test]
fn one_byte_in_an_exabyte_decides() {
    let mut a = cluster(1, 1, 0);
    let mut b = cluster(2, 1, 0);
    for (cluster, provisioned) in [(&mut a, (1 << 59) + 1), (&mut b, 1 << 59)] {
        let capacity = cluster.capacity.as_mut().unwrap();
        capacity.effective = Bytes(1 << 60);
        capacity.provisioned = Bytes(provisioned);
    }
    assert_eq!(picks(&new_volume(1), &[a, b]), Some(id(2)));
}

#[test]
fn reservations_count_like_volumes() {
    let mut reserved = cluster(1, 100, 0);
    reserved.reserved = Bytes(10 * GIB);
    assert_eq!(picks(&new_volume(1), &[reserved.clone(), cluster(2, 100, 9)]), Some(id(2)));
    reserved.reserved = Bytes(100 * GIB);
    assert_eq!(refusal(&new_volume(1), &reserved), "over-subscribed");
}

#[test]
fn every_filter_refuses_with_its_reason() {
    let plain = new_volume(10);
    for observed in [Observed::Unknown, Observed::Suspect, Observed::Unreachable, Observed::Recovering] {
        assert_eq!(refusal(&plain, &Cluster { observed, ..cluster(1, 100, 0) }), "not-reachable");
    }
    assert_eq!(refusal(&plain, &Cluster { capacity: None, ..cluster(1, 100, 0) }), "no-figures");
    assert_eq!(refusal(&plain, &cluster(1, 0, 0)), "no-figures");
    let mut full = cluster(1, 100, 0);
    full.capacity.as_mut().unwrap().physical_used = Bytes(85 * GIB);
    assert_eq!(refusal(&plain, &full), "physically-full");
    assert_eq!(refusal(&plain, &cluster(1, 100, 91)), "over-subscribed");
    assert!(decide(&plain, &[cluster(1, 100, 90)]).chosen.is_some(), "the cap itself may be reached");
    let mut two = cluster(1, 100, 0);
    two.capacity.as_mut().unwrap().max_replicas = 2;
    let table = [
        (specs(&[("lightos:num_replicas", "3")]), "replicas"),
        (specs(&[("volume_backend_name", "c2")]), "backend-name"),
        (specs(&[("vendor_name", "Open Source")]), "capability"),
        (specs(&[("replication_enabled", "<is> True")]), "capability"),
        (specs(&[("no_such_thing", "1")]), "capability"),
        (specs(&[("free_capacity_gb", ">= 1000")]), "capability"),
        (specs(&[("RESKEY:availability_zones", "az1,az2")]), "availability-zone"),
        (specs(&[("hearth:label:tier", "gold")]), "label"),
    ];
    for (specs, expected) in table {
        assert_eq!(refusal(&Request { specs, ..plain.clone() }, &two), expected);
    }
    let zone = Request { availability_zone: Some("az9".to_owned()), ..plain.clone() };
    assert_eq!(refusal(&zone, &two), "availability-zone");
    let same = Affinity { same: Some(vec![id(2)]), different: vec![] };
    assert_eq!(refusal(&Request { affinity: same, ..plain.clone() }, &two), "not-same-host");
    let nowhere = Affinity { same: Some(vec![]), different: vec![] };
    assert_eq!(refusal(&Request { affinity: nowhere, ..plain.clone() }, &two), "not-same-host");
    let different = Affinity { same: None, different: vec![id(1)] };
    assert_eq!(refusal(&Request { affinity: different, ..plain.clone() }, &two), "not-different-host");
    assert_eq!(refusal(&Request { excluded: vec![id(1)], ..plain }, &two), "refused-before");
}

#[test]
fn specs_that_the_cluster_satisfies_pass() {
    let mut gold = cluster(1, 100, 0);
    gold.traits.labels.insert("tier".to_owned(), "gold".to_owned());
    gold.traits.availability_zone = "az2".to_owned();
    let specs = specs(&[
        ("volume_backend_name", "c1"),
        ("vendor_name", "<in> LightOS"),
        ("storage_protocol", "<or> iscsi <or> lightos"),
        ("thin_provisioning_support", "<is> True"),
        ("QoS_support", "True"),
        ("multiattach", "<is> True"),
        ("compression", "<is> True"),
        ("free_capacity_gb", ">= 50"),
        ("RESKEY:availability_zones", "az1,az2"),
        ("hearth:label:tier", "gold"),
        ("other:scope", "ignored"),
    ]);
    let chosen = decide(&Request { specs, ..new_volume(1) }, &[gold]).chosen.unwrap();
    assert!(chosen.compression);
}

#[test]
fn intents_follow_the_matrix() {
    let table = [
        (Intent::Enabled, [true, true, true]),
        (Intent::Cordoned, [false, true, true]),
        (Intent::Draining, [false, false, true]),
        (Intent::Frozen, [false, false, true]),
        (Intent::Maintenance, [false, false, false]),
    ];
    for (intent, expected) in table {
        let mut candidate = cluster(1, 100, 0);
        candidate.intent.intent = intent;
        for (purpose, fits) in [Purpose::New, copy(1), grow(1)].into_iter().zip(expected) {
            let request = Request { purpose: purpose.clone(), ..new_volume(1) };
            let chosen = decide(&request, std::slice::from_ref(&candidate)).chosen;
            assert_eq!(chosen.is_some(), fits, "{intent} {purpose:?}");
        }
    }
}

#[test]
fn copies_and_growth_stay_with_their_owner_under_the_same_cap() {
    let clusters = [cluster(1, 100, 90), cluster(2, 100, 0)];
    for purpose in [copy(1), grow(1)] {
        let fitting = Request { purpose: purpose.clone(), ..new_volume(10) };
        let decision = decide(&fitting, &clusters);
        let chosen = decision.chosen.unwrap();
        assert_eq!((chosen.cluster, chosen.project.as_str()), (id(1), "theirs"));
        assert_eq!(decision.verdicts.len(), 1);
        let too_large = decide(&Request { purpose, ..new_volume(11) }, &clusters);
        assert_eq!(too_large.chosen, None);
        assert!(too_large.sentence().contains("c1: 11 GiB are needed"), "{}", too_large.sentence());
    }
    // What already exists is not refused for its type or zone when it grows.
    let elsewhere = Request {
        purpose: grow(1),
        availability_zone: Some("other".to_owned()),
        specs: specs(&[("volume_backend_name", "c2")]),
        ..new_volume(1)
    };
    assert!(decide(&elsewhere, &clusters).chosen.is_some());
    // A suspect owner is still asked, one that is away is not; that may pass.
    let mut suspect = cluster(1, 100, 0);
    suspect.observed = Observed::Suspect;
    let request = Request { purpose: copy(1), ..new_volume(1) };
    assert!(decide(&request, &[suspect.clone()]).chosen.is_some());
    suspect.observed = Observed::Unreachable;
    assert!(decide(&request, &[suspect]).may_pass());
    assert!(decide(&request, &[]).sentence().contains("not registered"));
}

#[test]
fn replicas_multiply_the_reservation_and_the_project_follows_the_tenancy() {
    let mut three = cluster(1, 100, 0);
    three.traits.default_replicas = 3;
    three.traits.default_compression = true;
    let chosen = decide(&new_volume(10), std::slice::from_ref(&three)).chosen.unwrap();
    assert_eq!((chosen.replicas, chosen.reserve, chosen.compression), (3, Bytes(30 * GIB), true));
    assert_eq!(chosen.project.as_str(), "default");
    assert_eq!(refusal(&new_volume(34), &three), "over-subscribed");
    let typed = Request {
        specs: specs(&[
            ("lightos:num_replicas", "2"),
            ("compression", "<is> False"),
            ("lightos:project_name", "x"),
        ]),
        ..new_volume(34)
    };
    let chosen = decide(&typed, std::slice::from_ref(&three)).chosen.unwrap();
    assert_eq!((chosen.replicas, chosen.compression, chosen.project.as_str()), (2, false, "x"));
    three.traits.tenancy = Tenancy::PerProject;
    assert_eq!(decide(&typed, &[three]).chosen.unwrap().project.as_str(), "p");
}

#[test]
fn the_explanation_survives_storage_and_names_every_cluster_once() {
    let mut cordoned = cluster(2, 100, 0);
    cordoned.intent.intent = Intent::Cordoned;
    cordoned.intent.reason = Some("secret note".to_owned());
    let mut gone = cluster(3, 100, 0);
    gone.observed = Observed::Unreachable;
    gone.observed_reason = Some("10.1.2.3 timed out".to_owned());
    let decision = decide(&new_volume(5), &[gone, cluster(1, 100, 97), cordoned]);
    assert_eq!(
        decision.sentence(),
        "No cluster can take the volume. c1: 5 GiB are needed with replicas, 3 GiB are left under its \
         limit; c2: it is cordoned by its operator; c3: it is unreachable."
    );
    let text = serde_json::to_string(&decision).unwrap();
    assert!(text.contains("secret note") && text.contains("10.1.2.3"), "operators see it all");
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    let fits = decide(&new_volume(1), &[cluster(1, 100, 0)]);
    let text = serde_json::to_string(&fits).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), fits);
    let many: Vec<_> = (1..=20).map(|n| cluster(n, 0, 0)).collect();
    assert!(decide(&new_volume(1), &many).sentence().ends_with("; and 8 more."));
    assert_eq!(decide(&new_volume(1), &[]).sentence(), "No cluster is registered.");
}

#[test]
fn capabilities_are_those_of_the_stock_driver() {
    let mut one = cluster(1, 1000, 300);
    one.reserved = Bytes(GIB / 2);
    let map = capabilities(&one);
    assert_eq!(map["vendor_name"], "LightOS Storage");
    assert_eq!(map["volume_backend_name"], "c1");
    assert_eq!(map["total_capacity_gb"], 1000.0);
    assert_eq!(map["provisioned_capacity_gb"], 300.5);
    assert_eq!(map["allocated_capacity_gb"], 0.5);
    assert_eq!(map["max_over_subscription_ratio"], "1.0");
    assert_eq!(map["backend_state"], "up");
    let unknown =
        capabilities(&Cluster { capacity: None, observed: Observed::Unreachable, ..cluster(1, 1, 0) });
    assert_eq!(
        (&unknown["free_capacity_gb"], &unknown["backend_state"]),
        (&"unknown".into(), &"down".into())
    );
}

/// Places and reserves; the number of refusals.
fn burst(clusters: &mut [Cluster], count: usize, gib: u64) -> usize {
    let request = new_volume(gib);
    (0..count)
        .filter(|_| {
            let chosen = decide(&request, clusters).chosen;
            if let Some(chosen) = &chosen {
                let cluster = clusters.iter_mut().find(|c| c.id == chosen.cluster).unwrap();
                cluster.reserved = cluster.reserved + chosen.reserve;
            }
            chosen.is_none()
        })
        .count()
}

fn used_gib(cluster: &Cluster) -> u64 {
    (cluster.capacity.as_ref().unwrap().provisioned + cluster.reserved).0 / GIB
}

/// `federation` 6.2: a thousand creates inside one polling window.
#[test]
fn a_burst_between_two_polls_spreads_to_within_one_volume() {
    for (k, n) in [(2, 100), (10, 1000), (100, 1000)] {
        let mut clusters: Vec<_> = (1..=k).map(|i| cluster(i, 100_000, 30_000)).collect();
        assert_eq!(burst(&mut clusters, n, 100), 0);
        let used: Vec<_> = clusters.iter().map(used_gib).collect();
        let spread = used.iter().max().unwrap() - used.iter().min().unwrap();
        assert!(spread <= 100, "k={k} N={n}: {spread} GiB");
        assert_eq!(used.iter().sum::<u64>(), (k as u64) * 30_000 + (n as u64) * 100);
    }
}

/// `federation` 6.2: cap 95 %, one cluster at 80 %, nine at 90 %, room for 600.
#[test]
fn a_burst_near_full_is_refused_only_when_there_is_no_room_left() {
    let fleet = || -> Vec<Cluster> {
        (1..=10)
            .map(|i| {
                let mut one = cluster(i, 100_000, if i == 1 { 80_000 } else { 90_000 });
                one.traits.max_over_subscription_millis = 950;
                one
            })
            .collect()
    };
    let mut clusters = fleet();
    assert_eq!(burst(&mut clusters, 400, 100), 0);
    let mut clusters = fleet();
    assert_eq!(burst(&mut clusters, 700, 100), 100);
    assert!(clusters.iter().all(|c| used_gib(c) == 95_000));
}

prop_compose! {
    fn any_cluster(number: u128)(
        effective in 0_u64..2_000,
        provisioned in 0_u64..2_000,
        reserved in 0_u64..100,
        used in 0_u64..2_000,
        volumes in 0_u64..3,
        over in 500_u64..3_000,
        replicas in 0_u8..=3,
        observed in 0_usize..6,
        cordoned in 0_u8..5,
    ) -> Cluster {
        let mut one = cluster(number, effective, provisioned);
        one.reserved = Bytes(reserved * GIB);
        one.traits.max_over_subscription_millis = over;
        one.observed = *Observed::ALL.get(observed).unwrap_or(&Observed::Reachable);
        one.intent.intent = if cordoned == 0 { Intent::Cordoned } else { Intent::Enabled };
        let capacity = one.capacity.as_mut().unwrap();
        capacity.physical_used = Bytes(used * GIB / 4);
        capacity.volumes = volumes;
        capacity.max_replicas = replicas;
        one
    }
}

fn any_fleet() -> impl Strategy<Value = Vec<Cluster>> {
    (1_usize..6).prop_flat_map(|n| (1..=n as u128).map(any_cluster).collect::<Vec<_>>())
}

/// The rules once more, said differently from the filters.
fn could_take(cluster: &Cluster, gib: u64) -> bool {
    let capacity: &Capacity = cluster.capacity.as_ref().unwrap();
    let cap = capacity.effective.0 as f64 * cluster.traits.max_over_subscription_millis as f64 / 1000.0;
    cluster.observed == Observed::Reachable
        && cluster.intent.intent == Intent::Enabled
        && capacity.max_replicas >= 1
        && capacity.effective.0 > 0
        && (capacity.physical_used.0 as f64) < 0.85 * capacity.effective.0 as f64
        && (capacity.provisioned.0 + cluster.reserved.0 + gib * GIB) as f64 <= cap
}

proptest! {
    #[test]
    fn something_is_chosen_if_and_only_if_something_fits(fleet in any_fleet(), gib in 1_u64..500) {
        let decision = decide(&new_volume(gib), &fleet);
        prop_assert_eq!(decision.chosen.is_some(), fleet.iter().any(|c| could_take(c, gib)));
        prop_assert_eq!(decision.verdicts.len(), fleet.len());
        if let Some(chosen) = decision.chosen {
            let winner = fleet.iter().find(|c| c.id == chosen.cluster).unwrap();
            prop_assert!(could_take(winner, gib), "never above the cap");
            for other in fleet.iter().filter(|c| could_take(c, gib)) {
                let ratio = |c: &Cluster| {
                    let capacity = c.capacity.as_ref().unwrap();
                    (u128::from((capacity.provisioned + c.reserved).0), u128::from(capacity.effective.0))
                };
                let ((a, b), (c, d)) = (ratio(winner), ratio(other));
                prop_assert!(a * d <= c * b, "the lowest ratio before placing");
            }
        }
    }

    #[test]
    fn the_order_of_the_candidates_does_not_matter(
        fleet in any_fleet().prop_flat_map(|fleet| (Just(fleet.clone()), Just(fleet).prop_shuffle())),
        gib in 1_u64..500,
    ) {
        prop_assert_eq!(decide(&new_volume(gib), &fleet.0), decide(&new_volume(gib), &fleet.1));
    }

    #[test]
    fn filling_up_never_passes_a_cap(mut fleet in any_fleet(), gib in 1_u64..200) {
        let before: BTreeMap<_, _> = fleet.iter().map(|c| (c.id, c.reserved)).collect();
        while burst(&mut fleet, 1, gib) == 0 {}
        for one in fleet.iter().filter(|c| c.reserved > before[&c.id]) {
            let capacity = one.capacity.as_ref().unwrap();
            let cap = u128::from(capacity.effective.0) * u128::from(one.traits.max_over_subscription_millis) / 1000;
            prop_assert!(u128::from((capacity.provisioned + one.reserved).0) <= cap);
        }
        prop_assert!(fleet.iter().all(|c| !could_take(c, gib)), "no refusal while there is room");
    }
}
