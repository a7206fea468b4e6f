//! The store suite: the same tests on every engine, each in a database of its own.
//!
//! SQLite always runs. The servers run when the environment says where they are (an account that
//! may create databases; the path is replaced):
//!
//! * `HEARTH_TEST_MARIADB=mysql://root@127.0.0.1:3306/mysql`
//! * `HEARTH_TEST_MARIADB_2`: a second node of the same Galera cluster
//! * `HEARTH_TEST_POSTGRES=postgres://postgres@127.0.0.1:5432/postgres`
//!
//! An engine that is not there is said so on the terminal, whatever the harness captures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod attachments;
mod backups;
mod bed;
mod model;
mod sample;

mod clusters;
mod groups;
mod lists;
mod migrations;
mod operations;
mod projects;
mod property;
mod services;
mod transactions;
mod type_parts;
mod volumes;

/// One `#[test]` for each test function and engine; `with` says how its bed is made.
macro_rules! on_every_engine {
    ($with:ident: $($module:ident: $($name:ident),+ $(,)?;)+) => {
        on_every_engine!(@engine $with sqlite Sqlite $($module: $($name),+;)+);
        on_every_engine!(@engine $with mariadb Mariadb $($module: $($name),+;)+);
        on_every_engine!(@engine $with galera Galera $($module: $($name),+;)+);
        on_every_engine!(@engine $with postgres Postgres $($module: $($name),+;)+);
    };
    (@engine $with:ident $engine:ident $variant:ident $($module:ident: $($name:ident),+;)+) => {
        mod $engine {
            $(mod $module {
                $(#[test]
                fn $name() {
                    crate::bed::$with(crate::bed::Engine::$variant, crate::$module::$name);
                })+
            })+
        }
    };
}

mod from_nothing {
    on_every_engine! { run_unmigrated:
        migrations: two_at_once, the_command_line_migrates;
    }
}

/// A pool of one: whoever asks for a second connection while holding one would wait for ever.
mod one_connection {
    on_every_engine! { run_with_one_connection:
        clusters: a_reservation_ends_by_evidence_only, an_older_poll_never_overwrites_a_newer_one;
        lists: pages_by_marker_meet_every_row_once_while_others_come_and_go;
        migrations: migrating_twice_is_migrating_once;
        operations: an_operation_is_its_inserters_until_the_lease_ends, a_lease_has_one_holder;
        projects: names_of_types_are_unique_to_the_letter, a_private_type_is_for_those_it_is_given_to;
        transactions: racing_changes_of_one_row_are_all_kept,
            an_error_takes_everything_back_and_is_passed_on,
            an_abandoned_write_leaves_nothing_and_blocks_nobody,
            count_then_insert_never_passes_the_limit;
        volumes: a_change_elsewhere_is_seen_at_once;
    }
}

on_every_engine! { run:
    attachments: an_attachment_comes_back_and_changes_by_version,
        a_volume_shows_its_attachments_at_once;
    backups: a_backup_comes_back_and_changes_by_version,
        a_page_of_backups_costs_the_same_whatever_its_length;
    clusters: a_registration_keeps_what_was_learnt,
        a_reservation_ends_by_evidence_only,
        an_older_poll_never_overwrites_a_newer_one,
        decisions_of_all_hearths_take_turns,
        what_a_cluster_holds_is_known,
        statistics_leave_the_provisioned_alone;
    groups: a_group_comes_back_and_changes_by_version,
        groups_are_listed_with_their_members,
        a_group_snapshot_has_its_snapshots;
    lists: pages_by_marker_meet_every_row_once_while_others_come_and_go,
        an_unknown_marker_is_not_found,
        a_page_costs_the_same_number_of_statements_whatever_its_length,
        limit_zero_is_an_empty_page_with_a_total,
        names_are_compared_byte_by_byte,
        a_metadata_pair_matches_itself_and_nothing_else,
        text_the_engine_cannot_store_is_refused_not_a_defect;
    migrations: migrating_twice_is_migrating_once,
        one_killed_half_way_is_run_again,
        a_newer_schema_is_noticed;
    operations: an_operation_is_its_inserters_until_the_lease_ends,
        a_step_is_persisted_and_the_last_one_ends_it,
        what_is_due_comes_in_the_order_of_its_time,
        of_many_claimers_exactly_one_wins,
        the_leases_of_a_dead_process_can_be_dropped,
        a_lease_has_one_holder;
    projects: names_of_types_are_unique_to_the_letter,
        a_private_type_is_for_those_it_is_given_to,
        use_is_counted_from_the_rows,
        limits_are_set_replaced_and_deleted,
        a_snapshot_comes_back_and_changes_by_version,
        messages_are_kept_for_their_time,
        registrations_go_from_epoch_to_epoch;
    property: any_list_is_as_the_model_says;
    services: a_number_is_one_services_for_good,
        log_wishes_are_heard_in_order_and_none_is_missed;
    transactions: racing_changes_of_one_row_are_all_kept,
        a_stale_copy_is_not_written_back,
        an_error_takes_everything_back_and_is_passed_on,
        an_abandoned_write_leaves_nothing_and_blocks_nobody,
        a_write_cut_off_anywhere_is_whole_or_nothing,
        reads_cut_off_anywhere_block_nobody,
        count_then_insert_never_passes_the_limit,
        a_crowd_on_one_lock_gets_through;
    type_parts: qos_specs_come_back_and_know_their_volumes,
        the_encryption_of_a_type_goes_with_it,
        a_default_type_is_replaced,
        retypes_under_way_are_counted;
    volumes: a_volume_comes_back_as_it_went_in,
        a_change_elsewhere_is_seen_at_once,
        a_new_name_of_a_type_or_cluster_is_seen_at_once,
        the_volumes_of_a_cluster_and_of_a_type_are_known,
        a_placement_is_replaced_and_goes_with_its_volume,
        every_kind_of_work_survives_the_store;
}
