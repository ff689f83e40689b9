/** Goes up with each change of the tables or functions. */
export const schemaVersion = 1

/** SQLSTATE of our own: the message is the version of the schema that was found. */
export const wrongVersionCode = 'CRX01'

/**
 * What `migrate()` runs, as one statement. Safe to repeat and to run by several processes at once: an advisory lock
 * lets one do it, and the others find it done. `schema` is a checked name; the build writes this text for the schema
 * `crux` to `dist/schema.sql`.
 */
export function schemaSql(schema: string): string {
  return `-- Tables and functions of @crux/postgres, version ${schemaVersion}, in the schema "${schema}".
-- One statement, safe to repeat; the method migrate() of the store runs the same.
do $migrate$
declare
  installed integer;
begin
  perform pg_advisory_xact_lock(hashtext('@crux/postgres'), hashtext('${schema}'));
  if to_regclass('"${schema}".crux_meta') is not null then
    select version into installed from "${schema}".crux_meta;
  end if;
  if installed = ${schemaVersion} then
    return;
  elsif installed is not null then
    raise exception using errcode = '${wrongVersionCode}', message = installed::text;
  end if;

  -- Without the question, the right to create schemas would be needed even if this one is there.
  if to_regnamespace('"${schema}"') is null then
    create schema "${schema}";
  end if;

  -- One row: which data this is, and the counter that every commit locks.
  create table "${schema}".crux_meta (
    id integer primary key check (id = 1),
    version integer not null,
    epoch text not null,
    seq bigint not null,
    purged bigint not null,
    floor bigint not null
  );
  insert into "${schema}".crux_meta values (1, ${schemaVersion}, gen_random_uuid()::text, 0, 0, 0);

  -- Text in byte order, and no json: it refuses U+0000.
  create table "${schema}".crux_records (
    key text collate "C" not null,
    entity text collate "C" not null,
    value text not null,
    event text not null,
    revision bigint not null,
    seq bigint not null,
    end_seq bigint not null,
    commit_id text not null,
    primary key (key, entity)
  );
  create unique index crux_records_seq on "${schema}".crux_records (seq);
  create index crux_records_entity on "${schema}".crux_records (entity, key);

  -- Several commits at once, each whole or not at all. A write is one element of each write_ array: write_group tells
  -- the number of its commit, write_at its place in it. Commits up to an index in wave_ends have no key in common with
  -- one another, so that one statement can judge and store them all; the next wave is judged by what it left.
  create function "${schema}".crux_commit(
    library integer, wave_ends integer[], write_group integer[], write_at integer[], write_id text[],
    write_key text[], write_entity text[], write_value text[], write_event text[], write_revision bigint[]
  ) returns table (
    in_epoch text, group_number integer, first_seq bigint, floor_then bigint,
    conflict_key text, conflict_entity text, conflict_revision bigint
  ) language plpgsql
    -- A caller that gave up must not leave a server process waiting for the lock.
    set lock_timeout = '5s'
    -- Plans are kept: one that reads the whole table because it is small would still do so when it is large.
    set enable_seqscan = off
    -- Compiling a plan takes seconds, running it a millisecond.
    set jit = off
  as $commit$
  declare
    meta "${schema}".crux_meta;
    wave_start integer := 1;
    wave_end integer;
    head bigint;
  begin
    -- A statement of its own, and the first: those after it see all that was committed before the lock was given. A
    -- check in the same statement would see what was there before it waited, and lose an update.
    select * into meta from "${schema}".crux_meta where id = 1 for update;
    if meta.version <> library then
      raise exception using errcode = '${wrongVersionCode}', message = meta.version::text;
    end if;
    head := meta.seq;

    foreach wave_end in array wave_ends loop
      return query
        with write as materialized (
          select * from unnest(
            write_group[wave_start:wave_end], write_at[wave_start:wave_end], write_id[wave_start:wave_end],
            write_key[wave_start:wave_end], write_entity[wave_start:wave_end], write_value[wave_start:wave_end],
            write_event[wave_start:wave_end], write_revision[wave_start:wave_end]
          ) as w (number, at, id, key, entity, value, event, expected)
        ),
        known as materialized (
          select w.number, w.at, w.key, w.entity, w.expected,
            coalesce(r.revision, 0) as revision, r.seq, coalesce(r.commit_id = w.id, false) as is_own
          from write w left join "${schema}".crux_records r on r.key = w.key and r.entity = w.entity
        ),
        judged as (
          select k.number, count(*) as size,
            min(k.at) filter (where k.revision <> k.expected) as conflict_at,
            -- A commit that is sent again carries its id on a key: the answer is that of the first time. The floor
            -- may have moved since; a key that was new then tells where it was.
            max(k.seq - k.at) filter (where k.is_own) as first_then,
            max(k.revision - 1) filter (where k.is_own and k.expected = 0) as floor_then
          from known k group by k.number
        ),
        placed as materialized (
          select j.*, j.conflict_at is null and j.first_then is null as is_stored,
            head + sum(case when j.conflict_at is null and j.first_then is null then j.size else 0 end)
              over (order by j.number) as end_seq
          from judged j
        ),
        stored as (
          insert into "${schema}".crux_records as r
            (key, entity, value, event, revision, seq, end_seq, commit_id)
          select w.key, w.entity, w.value, w.event,
            case w.expected when 0 then meta.floor else w.expected end + 1,
            p.end_seq - p.size + 1 + w.at, p.end_seq, w.id
          from write w join placed p on p.number = w.number
          where p.is_stored
          on conflict (key, entity) do update set
            value = excluded.value, event = excluded.event, revision = excluded.revision,
            seq = excluded.seq, end_seq = excluded.end_seq, commit_id = excluded.commit_id
        ),
        advanced as (
          update "${schema}".crux_meta m set seq = p.end_seq
          from (select max(end_seq) as end_seq from placed where is_stored) p
          where m.id = 1 and p.end_seq is not null
        )
        select meta.epoch, p.number,
          case when p.is_stored then (p.end_seq - p.size + 1)::bigint else p.first_then end,
          coalesce(p.floor_then, meta.floor), k.key, k.entity, k.revision
        from placed p
        left join known k on p.first_then is null and k.number = p.number and k.at = p.conflict_at
        order by p.number;
      wave_start := wave_end + 1;
      select m.seq into head from "${schema}".crux_meta m where m.id = 1;
    end loop;

    if head > meta.seq then
      perform pg_notify('crux:${schema}', '');
    end if;
  end
  $commit$;

  -- What changed after a position, with keys from lower to below upper: first a row that tells where the store stands
  -- and how far the page goes, then the records. Stable, so that all of it is read from one snapshot.
  create function "${schema}".crux_since(after_seq bigint, lower_key text, upper_key text, page_size integer)
  returns table (
    epoch text, purged bigint, up_to bigint,
    key text, entity text, value text, event text, revision bigint, seq bigint, end_seq bigint, commit_id text
  ) language plpgsql stable
    -- By position, whatever the planner thinks of the keys: all that is left to it is the index on seq.
    set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off
  as $since$
  #variable_conflict use_column
  declare
    meta "${schema}".crux_meta;
    page_end bigint;
  begin
    select * into meta from "${schema}".crux_meta where id = 1;
    -- A full page goes on to the end of its last commit, any other to the head.
    select case count(*) when page_size then max(end_seq) else meta.seq end into page_end
    from (
      select end_seq from "${schema}".crux_records
      where seq > after_seq and key >= lower_key and key < upper_key order by seq limit page_size
    ) page;
    return query select meta.epoch, meta.purged, page_end,
      null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::bigint, null::text;
    return query select null::text, null::bigint, null::bigint,
      r.key, r.entity, r.value, r.event, r.revision, r.seq, r.end_seq, r.commit_id
      from "${schema}".crux_records r
      where r.seq > after_seq and r.seq <= page_end and r.key >= lower_key and r.key < upper_key
      order by r.seq;
  end
  $since$;

  -- All of these records, or none if one of them is at another revision by now.
  create function "${schema}".crux_forget(
    library integer, ref_key text[], ref_entity text[], ref_revision bigint[]
  ) returns integer language plpgsql set lock_timeout = '5s' set enable_seqscan = off set jit = off as $forget$
  declare
    meta "${schema}".crux_meta;
  begin
    select * into meta from "${schema}".crux_meta where id = 1 for update;
    if meta.version <> library then
      raise exception using errcode = '${wrongVersionCode}', message = meta.version::text;
    end if;
    if exists (
      select from unnest(ref_key, ref_entity, ref_revision) as f (key, entity, revision)
      left join "${schema}".crux_records r on r.key = f.key and r.entity = f.entity
      where r.revision is distinct from f.revision
    ) then
      return 0;
    end if;
    with gone as (
      delete from "${schema}".crux_records r
      using unnest(ref_key, ref_entity) as f (key, entity)
      where r.key = f.key and r.entity = f.entity
      returning r.revision, r.seq
    )
    update "${schema}".crux_meta m
    set floor = greatest(m.floor, g.revision), purged = greatest(m.purged, g.seq)
    from (select max(revision) as revision, max(seq) as seq from gone) g
    where m.id = 1;
    return cardinality(ref_key);
  end
  $forget$;
end
$migrate$;
`
}
