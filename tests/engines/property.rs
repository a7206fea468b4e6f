//! Random rows and random list queries: the store agrees with the model.

use hearth::domain::page::{
    Comparison, Direction, Filter, Kind, ListQuery, MAX_LIMIT, Scope, Sort, VOLUME_FIELDS, Value,
};
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::Volume;
use hearth::domain::{ClusterId, ErrorKind, Gib, Metadata, ProjectId, Timestamp, VolumeTypeId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bed::{Bed, Engine};
use crate::lists::{field, list};
use crate::model::Model;
use crate::sample;

/// Few, so that rows and queries meet; each is somebody's special case.
const TEXTS: [&str; 16] = [
    "",
    "a",
    "A",
    "a ",
    "ab",
    "%",
    "_",
    "!",
    "\\",
    "'",
    "\"",
    "é",
    "\u{1F525}",
    "target:x",
    "10",
    "10000000",
];

fn text() -> impl Strategy<Value = String> {
    proptest::sample::select(&TEXTS[..]).prop_map(str::to_owned)
}

fn map() -> impl Strategy<Value = Metadata> {
    proptest::collection::btree_map(text(), text(), 0..3)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..3i64).prop_map(|n| Timestamp(1_700_000_000_000_000 + n))
}

/// Types and clusters that rows are given to.
fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

pub fn clusters() -> [(ClusterId, String); 2] {
    [1, 2].map(|n| (ClusterId::from_uuid(uuid(n)), format!("lb{n}")))
}

prop_compose! {
    fn row()(
        project in 0..2u8,
        name in proptest::option::of(text()),
        description in proptest::option::of(text()),
        status in proptest::sample::select(VolumeStatus::ALL),
        migration_status in proptest::option::of(text()),
        size in 0..4u32,
        kind in proptest::option::of(1..3u128),
        zone in proptest::option::of(text()),
        flags in any::<[bool; 3]>(),
        maps in [map(), map()],
        cluster in proptest::option::of(1..4u128),
        times in (time(), proptest::option::of(time())),
    ) -> Volume {
        let [metadata, image_metadata] = maps;
        Volume {
            project_id: ProjectId::new(format!("p{project}")),
            name, description, status, migration_status,
            size: Gib(size),
            volume_type_id: kind.map(|n| VolumeTypeId::from_uuid(uuid(n))),
            availability_zone: zone,
            bootable: flags[0], multiattach: flags[1], consumes_quota: flags[2],
            metadata, image_metadata,
            // The third is a cluster that nobody knows.
            location: cluster.map(|n| sample::location(ClusterId::from_uuid(uuid(n)))),
            created_at: times.0,
            updated_at: times.1,
            ..sample::volume()
        }
    }
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    let texts =
        prop_oneof![text(), Just("lb1".to_owned()), Just("available".to_owned())].prop_map(Value::Text);
    let own = match kind {
        Kind::Text | Kind::Map => texts.boxed(),
        Kind::Cluster => prop_oneof![Just("lb1"), Just("lb2"), Just("none")]
            .prop_map(|n| Value::Text(n.to_owned()))
            .boxed(),
        Kind::Integer => (-1..4i64).prop_map(Value::Integer).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::Time => time().prop_map(Value::Time).boxed(),
    };
    prop_oneof![8 => own, 1 => Just(Value::Null), 1 => Just(Value::Integer(1)), 1 => Just(Value::Text("1".to_owned()))].boxed()
}

fn filter() -> impl Strategy<Value = Filter> {
    use Comparison::*;
    let fields: Vec<_> = VOLUME_FIELDS.iter().copied().filter(|f| f.kind != Kind::Map).collect();
    let compared = vec![Equal, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual];
    let fields = proptest::sample::select(fields);
    let compare = (fields.clone(), proptest::sample::select(compared)).prop_flat_map(|(field, how)| {
        value(field.kind).prop_map(move |value| Filter::Compare(field, how, value))
    });
    let among = fields.clone().prop_flat_map(|field| {
        proptest::collection::vec(value(field.kind), 0..4).prop_map(move |values| Filter::In(field, values))
    });
    let contains = (fields, prop_oneof![text(), Just("1".to_owned())])
        .prop_map(|(field, text)| Filter::Contains(field, text));
    let pairs = (proptest::sample::select(vec!["metadata", "image_metadata"]), map())
        .prop_map(|(name, map)| Filter::HasPairs(field(name), map.into_iter().collect()));
    prop_oneof![6 => compare, 3 => among, 2 => contains, 2 => pairs, 1 => Just(Filter::NotMigrationTarget), 1 => Just(Filter::Never)]
}

fn sort() -> impl Strategy<Value = Vec<Sort>> {
    let fields: Vec<_> =
        VOLUME_FIELDS.iter().copied().filter(|f| f.kind != Kind::Map && f.name != "id").collect();
    let direction = || prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    let key = (proptest::sample::select(fields), direction())
        .prop_map(|(field, direction)| Sort { field, direction });
    (proptest::collection::vec(key, 0..3), direction()).prop_map(|(mut keys, direction)| {
        keys.push(Sort { field: field("id"), direction });
        keys
    })
}

/// The marker is the index of a row, if there is one.
fn query() -> impl Strategy<Value = (ListQuery, Option<proptest::sample::Index>)> {
    let scope = prop_oneof![
        2 => Just(Scope::AllProjects),
        1 => Just(Scope::Project(ProjectId::new("p0"))),
    ];
    let limit = prop_oneof![Just(MAX_LIMIT), 0..4u32];
    let parts = (scope, proptest::collection::vec(filter(), 0..3), sort(), limit, 0..3u64, any::<bool>());
    (parts, proptest::option::of(any::<proptest::sample::Index>())).prop_map(|(parts, marker)| {
        let (scope, filters, sort, limit, offset, with_count) = parts;
        (ListQuery { scope, filters, sort, limit, marker: None, offset, with_count }, marker)
    })
}

pub async fn any_list_is_as_the_model_says(bed: Bed) {
    for (id, name) in clusters() {
        sample::put_cluster(&bed.a, id, &name).await;
    }
    let cases = if bed.engine == Engine::Sqlite { 150 } else { 25 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = (proptest::collection::vec(row(), 0..14), proptest::collection::vec(query(), 1..20));
    let outcome = tokio::task::block_in_place(|| {
        let runtime = tokio::runtime::Handle::current();
        runner.run(&strategy, |(rows, queries)| runtime.block_on(agree(&bed, &rows, queries)))
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

async fn agree(
    bed: &Bed,
    rows: &[Volume],
    queries: Vec<(ListQuery, Option<proptest::sample::Index>)>,
) -> Result<(), TestCaseError> {
    sample::delete_volumes(&bed.a).await;
    sample::insert_volumes(&bed.a, rows).await;
    let clusters = clusters();
    let model = Model { rows, clusters: &clusters };
    for (mut query, marker) in queries {
        query.marker = marker.filter(|_| !rows.is_empty()).map(|at| at.get(rows).id.to_string());
        let got = list(&bed.b, &query).await;
        match model.list(&query) {
            None => {
                prop_assert!(matches!(&got, Err(e) if e.kind() == ErrorKind::NotFound), "{:?}", query);
            }
            Some(expected) => {
                let page = got.map_err(|e| TestCaseError::fail(format!("{:?} for {query:?}", e.detail())))?;
                let ids: Vec<_> = page.items.iter().map(|item| item.volume.id).collect();
                prop_assert_eq!(ids, expected.ids, "{:?}", query);
                prop_assert_eq!(page.total, expected.total, "{:?}", query);
                for item in &page.items {
                    let row = rows.iter().find(|row| row.id == item.volume.id);
                    prop_assert_eq!(Some(&item.volume), row);
                }
            }
        }
    }
    Ok(())
}
