-- follows gates.sql
where
    (gate_run.gate = 2 and gate_run.publication = %(number)s)
    or (
        gate_run.gate = 1
        and gate_run.started_at > coalesce(%(since)s::timestamptz, '-infinity') and gate_run.started_at <= %(opened_at)s
    )
group by gate_run.gate_run_id
order by gate_run.gate, gate_run.gate_run_id
