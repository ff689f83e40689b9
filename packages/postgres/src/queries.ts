/** The texts of all statements that the driver sends, with the tables of one schema. None keeps session state. */
export type Queries = ReturnType<typeof queriesOf>

const columns = 'r.key, r.entity, r.value, r.event, r.revision, r.seq, r.end_seq, r.commit_id'

/** `schema` is a checked name. */
export function queriesOf(schema: string) {
  const meta = `"${schema}".crux_meta`
  const records = `"${schema}".crux_records`
  return {
    head: `select version, epoch, seq, purged from ${meta}`,
    renewEpoch: `with renewed as (update ${meta} set epoch = gen_random_uuid()::text returning id)
      select pg_notify('crux:${schema}', '') from renewed`,
    read: `select ${columns}
      from unnest($1::text[], $2::text[]) with ordinality as asked (key, entity, number)
      left join ${records} r on r.key = asked.key and r.entity = asked.entity
      order by asked.number`,
    scan: `select ${columns} from ${records} r
      where (r.key, r.entity) > ($1, $2) and r.key < $3 order by r.key, r.entity limit $4`,
    scanEntity: `select ${columns} from ${records} r
      where r.entity = $1 and r.key >= $2 and r.key < $3 order by r.key limit $4`,
    // One statement, so that page, head and purged are of one state.
    since: `with page as materialized (
        select * from ${records} where seq > $1 and key >= $2 and key < $3 order by seq limit $4
      ),
      -- A full page goes on to the end of its last commit.
      last as materialized (
        select max(seq) as seq, max(end_seq) as end_seq from page having count(*) = $4
      ),
      found as (
        select * from page
        union all
        select more.* from ${records} more, last
        where more.seq > last.seq and more.seq <= last.end_seq and more.key >= $2 and more.key < $3
      )
      select m.epoch, m.purged, coalesce(last.end_seq, m.seq) as up_to, ${columns}
      from ${meta} m left join last on true left join found r on true
      order by r.seq`,
    commit: `select * from "${schema}".crux_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    forget: `select "${schema}".crux_forget($1, $2, $3, $4) as forgotten`,
  }
}
