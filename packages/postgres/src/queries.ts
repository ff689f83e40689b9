const columns = 'r.key, r.entity, r.value, r.event, r.revision, r.seq, r.end_seq, r.commit_id'

/**
 * The texts of all statements that the driver sends, for the tables of one schema, whose name was checked. None keeps
 * session state.
 */
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
    since: `select * from "${schema}".crux_since($1, $2, $3, $4)`,
    commit: `select * from "${schema}".crux_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    forget: `select "${schema}".crux_forget($1, $2, $3, $4) as forgotten`,
  }
}
