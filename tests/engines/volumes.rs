//! Single volumes: what is written is what is read, and nobody's change is lost.

use hearth::domain::{Metadata, VolumeId};

use crate::bed::Bed;
use crate::sample;

pub async fn a_volume_comes_back_as_it_went_in(bed: Bed) {
    let mut volume = sample::volume();
    volume.metadata = Metadata::from([("k\"%_\\'é".to_owned(), "v\n\u{1F525}".to_owned())]);
    let v = &volume;
    bed.a.write("insert", |tx, _| Box::pin(tx.insert_volume(v))).await.unwrap();
    for store in [&bed.a, &bed.b] {
        for _cold_then_cached in 0..2 {
            let mut session = store.read().await.unwrap();
            let found = session.find_volume(volume.id, None).await.unwrap().unwrap();
            assert_eq!(found.volume, volume);
        }
    }
    let mut session = bed.a.read().await.unwrap();
    assert_eq!(session.find_volume(VolumeId::random(), None).await.unwrap(), None);
}
