-- follows gates.sql
where gate_run.gate_run_id = %(gate_run_id)s
group by gate_run.gate_run_id
