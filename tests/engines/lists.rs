//! Lists of volumes: every filter, every order, every page, against the naive model.

use std::sync::Arc;

use hearth::domain::page::{self, Comparison, Direction, Field, Filter, ListQuery, Scope, Sort, Value};
use hearth::domain::volume::{Volume, VolumeDetails};
use hearth::domain::{ErrorKind, Metadata, Page, ProjectId, Result, VolumeId};
use hearth::store::Store;

use crate::bed::Bed;
use crate::sample;

pub async fn list(store: &Store, query: &ListQuery) -> Result<Page<Arc<VolumeDetails>>> {
    store.read().await?.list_volumes(query).await
}

fn ids(page: &Page<Arc<VolumeDetails>>) -> Vec<VolumeId> {
    page.items.iter().map(|item| item.volume.id).collect()
}

fn all() -> ListQuery {
    ListQuery::new(Scope::AllProjects)
}

pub fn field(name: &str) -> Field {
    page::find(page::VOLUME_FIELDS, name).expect(name)
}

fn by(name: &str, direction: Direction) -> Vec<Sort> {
    vec![Sort { field: field(name), direction }, Sort { field: field("id"), direction }]
}

pub async fn pages_by_marker_meet_every_row_once_while_others_come_and_go(bed: Bed) {
    let keep: Vec<Volume> = (0..20)
        .map(|n| {
            let mut v = sample::volume();
            // Two and two share a name, and some have none.
            v.name = (n % 5 != 0).then(|| format!("n{}", n / 2));
            v
        })
        .collect();
    sample::insert_volumes(&bed.a, &keep).await;
    let mut noise = vec![sample::volume(), sample::volume()];
    sample::insert_volumes(&bed.a, &noise).await;
    let mut seen = Vec::new();
    let mut query = ListQuery { limit: 3, sort: by("name", Direction::Ascending), ..all() };
    loop {
        let page = list(&bed.b, &query).await.unwrap();
        let Some(last) = page.items.last() else { break };
        query.marker = Some(last.volume.id.to_string());
        seen.extend(ids(&page));
        // Rows before and behind the marker appear and vanish; the marker itself is a kept row.
        while query.marker == noise.first().map(|v| v.id.to_string()) {
            noise.rotate_left(1);
        }
        let gone = noise.remove(0);
        bed.a.write("delete", |tx, _| Box::pin(tx.delete_volume(&gone))).await.unwrap();
        noise.push(Volume { name: Some(format!("n{}", seen.len())), ..sample::volume() });
        sample::insert_volumes(&bed.a, &noise[noise.len() - 1..]).await;
        if noise.iter().any(|v| Some(v.id.to_string()) == query.marker) {
            // Deleting the marker's row would be an unknown marker, which another test is about.
            noise.retain(|v| Some(v.id.to_string()) != query.marker);
            noise.push(sample::volume());
            sample::insert_volumes(&bed.a, &noise[noise.len() - 1..]).await;
        }
    }
    for volume in &keep {
        assert_eq!(seen.iter().filter(|id| **id == volume.id).count(), 1, "{:?}", volume.name);
    }
}

pub async fn an_unknown_marker_is_not_found(bed: Bed) {
    let mut foreign = sample::volume();
    foreign.project_id = ProjectId::new("other");
    sample::insert_volumes(&bed.a, std::slice::from_ref(&foreign)).await;
    let scope = Scope::Project(sample::project());
    for marker in [VolumeId::random().to_string(), foreign.id.to_string(), "' OR 1=1".to_owned()] {
        let query = ListQuery { marker: Some(marker.clone()), limit: 0, ..ListQuery::new(scope.clone()) };
        let error = list(&bed.a, &query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), format!("Volume {marker} could not be found."));
    }
    let query = ListQuery { marker: Some(foreign.id.to_string()), ..all() };
    assert_eq!(list(&bed.a, &query).await.unwrap().items, []);
}

pub async fn a_page_costs_the_same_number_of_statements_whatever_its_length(bed: Bed) {
    sample::insert_volumes(&bed.a, &sample::volumes(1000)).await;
    let cost = async |limit, marker: Option<String>| {
        // A store of its own: nothing is cached.
        let store = bed.another(2).await;
        let mut session = store.read().await.unwrap();
        let query = ListQuery { limit, marker, with_count: true, ..all() };
        let page = session.list_volumes(&query).await.unwrap();
        assert_eq!((page.items.len(), page.total), (limit as usize, Some(1000)));
        let cold = session.statements();
        session.list_volumes(&query).await.unwrap();
        let statements = (cold, session.statements() - cold);
        drop(session);
        store.close().await;
        (statements, page.items.last().map(|item| item.volume.id.to_string()))
    };
    let (one, first) = cost(1, None).await;
    let (thousand, _) = cost(1000, None).await;
    assert_eq!(one, (3, 2), "count, keys, rows; then count and keys");
    assert_eq!(thousand, one);
    let (paged_one, _) = cost(1, first.clone()).await;
    let (paged_many, _) = cost(999, first).await;
    assert_eq!(paged_one, (4, 3));
    assert_eq!(paged_many, paged_one);
}

pub async fn limit_zero_is_an_empty_page_with_a_total(bed: Bed) {
    sample::insert_volumes(&bed.a, &[sample::volume(), sample::volume()]).await;
    let query = ListQuery { limit: 0, with_count: true, ..all() };
    let page = list(&bed.a, &query).await.unwrap();
    assert_eq!((page.items.len(), page.total), (0, Some(2)));
    let beyond = ListQuery { offset: u64::MAX, ..all() };
    assert_eq!(list(&bed.a, &beyond).await.unwrap().items, []);
}

pub async fn names_are_compared_byte_by_byte(bed: Bed) {
    // The last two look alike; "a" and "a " differ although SQL's PAD SPACE says not.
    let names = ["", "A", "B", "_", "a", "a ", "a%", "ab", "ß", "\u{e9}", "e\u{301}"];
    let rows: Vec<Volume> =
        names.iter().map(|n| Volume { name: Some((*n).to_owned()), ..sample::volume() }).collect();
    sample::insert_volumes(&bed.a, &rows).await;
    for (name, row) in names.iter().zip(&rows) {
        let equal = Filter::Compare(field("name"), Comparison::Equal, Value::Text((*name).to_owned()));
        let query = ListQuery { filters: vec![equal], ..all() };
        assert_eq!(ids(&list(&bed.a, &query).await.unwrap()), [row.id], "{name:?}");
    }
    let query = ListQuery { sort: by("name", Direction::Ascending), ..all() };
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    let page = list(&bed.a, &query).await.unwrap();
    let got: Vec<&str> = page.items.iter().map(|item| item.volume.name.as_deref().unwrap()).collect();
    assert_eq!(got, sorted);
    let contains = Filter::Contains(field("name"), "a".to_owned());
    let page = list(&bed.a, &ListQuery { filters: vec![contains], with_count: true, ..all() }).await.unwrap();
    assert_eq!(page.total, Some(4), "a, 'a ', a% and ab, but not A");
}

pub async fn a_metadata_pair_matches_itself_and_nothing_else(bed: Bed) {
    let hostile = [
        "k",
        "v",
        "",
        "\"",
        "k\":\"v",
        "\\",
        "k\\",
        "%",
        "_",
        "'",
        "\n",
        ",",
        ":",
        "é",
        "\u{1F525}",
        "x\"k",
        "{",
    ];
    let pairs = hostile.iter().flat_map(|k| hostile.iter().map(move |v| (*k, *v)));
    let rows: Vec<Volume> = pairs
        .map(|(key, value)| {
            let metadata =
                Metadata::from([(key.to_owned(), value.to_owned()), ("z".to_owned(), "1".to_owned())]);
            Volume { metadata, ..sample::volume() }
        })
        .collect();
    sample::insert_volumes(&bed.a, &rows).await;
    for row in &rows {
        let pairs: Vec<(String, String)> = row.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let query = ListQuery { filters: vec![Filter::HasPairs(field("metadata"), pairs)], ..all() };
        let page = list(&bed.a, &query).await.unwrap();
        assert_eq!(ids(&page), [row.id], "{:?}", row.metadata);
    }
}

pub async fn text_the_engine_cannot_store_is_refused_not_a_defect(bed: Bed) {
    let nul = Volume { name: Some("a\0b".to_owned()), ..sample::volume() };
    let long = Volume { name: Some("x".repeat(300)), ..sample::volume() };
    for volume in [&nul, &long] {
        match bed.a.write("insert", |tx, _| Box::pin(tx.insert_volume(volume))).await {
            Ok(()) => {
                let found = bed.b.read().await.unwrap().find_volume(volume.id, None).await.unwrap();
                assert_eq!(found.unwrap().volume.name, volume.name);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{:?}", error.detail()),
        }
    }
    let equal = Filter::Compare(field("name"), Comparison::Equal, Value::Text("a\0b".to_owned()));
    if let Err(error) = list(&bed.a, &ListQuery { filters: vec![equal], ..all() }).await {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{:?}", error.detail());
    }
    assert!(list(&bed.a, &all()).await.is_ok(), "the store goes on");
}
