-- Runs of gates with what they found; which ones, the query after this says.
select
    gate_run.gate, gate_run.gate_run_id, gate_run.status, gate_run.started_at, gate_run.ended_at,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'suite', result.suite, 'expectation', result.expectation, 'severity', result.severity,
                'success', result.success, 'description', result.description, 'observed', result.observed
            )
            order by result.success, case result.severity when 'critical' then 1 when 'warning' then 2 else 3 end, result.expectation
        ) filter (where result.quality_result_id is not null),
        '[]'
    ) as results
from audit.gate_run
left join audit.quality_result as result on gate_run.gate_run_id = result.gate_run_id
