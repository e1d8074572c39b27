-- Waivers of failures and approvals that were asked for in these periods: by whom, what another person had decided by then, and why.
select
    r.request_id, r.kind, r.unit_code, r.form_code, r.period_code, r.rule_code, r.indicator_code, r.measure, r.breakdown_code, r.given_for,
    r.reason, r.expires_on, r.asked_by, r.asked_for, r.asked_via, r.asked_at, answer.decision, answer.decided_by, answer.decided_for,
    answer.decided_via, answer.decided_at, answer.reason as decision_reason, revocation.decided_by as revoked_by,
    revocation.decided_at as revoked_at, revocation.reason as revocation_reason
from audit.request as r
left join audit.decision as answer
    on r.request_id = answer.request_id and answer.decision <> 'revoke' and answer.decided_at <= %(published_at)s
left join audit.decision as revocation
    on r.request_id = revocation.request_id and revocation.decision = 'revoke' and revocation.decided_at <= %(published_at)s
where r.period_code = any(%(periods)s) and r.asked_at <= %(published_at)s
order by r.request_id
