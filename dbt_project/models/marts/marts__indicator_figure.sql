with {{ figures_against_targets() }},

figures_shown as (
    select
        unit_key,
        unit_code,
        level,
        indicator_key,
        indicator_code,
        kind,
        period_key,
        period_code,
        period_type,
        year,
        shown_map as map,
        value,
        ytd_value,
        target,
        comparison,
        target_met,
        pct_of_target,
        reporting_units,
        expected_units,
        is_complete,
        ytd_reports,
        ytd_expected_reports,
        is_estimate,
        is_suppressed
    from figures_against_targets
)

select * from figures_shown
