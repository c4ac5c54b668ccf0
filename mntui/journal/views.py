"""The public read model: what `mntui sql` is asked about. README.md lists the columns.

Instants are timestamps in UTC, money is in dollars with six decimals, `step` is a path such as `each[3]/draft`, and
`run` the speakable name. How runs and steps stand is the fold of their facts; calls, approvals and spend are read off
the facts. A view reads the text of a fact (`body`) only for the columns that are asked for.

Views build on the ones above them; `attempts` and `attempt_endings` are only for that. A run's name and id stand in
every join, so that a question about one run reads the rows of that run alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_EVENTS: Final = """
SELECT run, run_id, seq, make_timestamp(at_micros) AS happened_at, kind, actor, path AS step, call, attempt, ask, tool,
  model, (cost_micros / 1000000)::DECIMAL(18, 6) AS cost_usd, input_tokens, output_tokens, body::JSON AS body, batch
FROM facts
"""

_RUNS: Final = """
SELECT run, run_id, blueprint, version, status,
  CASE waiting_for WHEN '' THEN [] ELSE string_split(waiting_for, ',') END AS waiting_for, success, steps, steps_ended,
  (cost_micros / 1000000)::DECIMAL(18, 6) AS cost_usd, unknown_calls = 0 AS cost_known, calls, input_tokens,
  output_tokens, (budget_micros / 1000000)::DECIMAL(18, 6) AS budget_usd, make_timestamp(started_micros) AS started_at,
  make_timestamp(ended_micros) AS ended_at, problem_kind, problem, problem_step, open_asks, output_digest, folder, seq
FROM (FROM run_states QUALIFY row_number() OVER (PARTITION BY run, run_id ORDER BY seq DESC) = 1)
"""

_STEPS: Final = """
SELECT run, run_id, step, parent, ends_with(step, ']') AS is_item, status, generation, attempts,
  make_timestamp(started_micros) AS started_at, make_timestamp(ended_micros) AS ended_at, why, problem_kind, problem,
  items, failed_items, (cost_micros / 1000000)::DECIMAL(18, 6) AS cost_usd, unknown_calls = 0 AS cost_known, calls,
  input_tokens, output_tokens, input_digest, output_digest
FROM (FROM step_states QUALIFY row_number() OVER (PARTITION BY run, run_id, step ORDER BY seq DESC) = 1)
"""

# An attempt begins with its start and takes in what follows under the same call and attempt, until the next start.
_ATTEMPTS: Final = """
SELECT run, run_id, path, call, attempt, ends_with(call, '.0') AS is_model, min(seq) AS seq,
  arg_min(kind, seq) AS began, min(intent_seq) AS intent_seq, min(at_micros) AS started_micros,
  max(seq) FILTER (NOT starts) AS outcome_seq, arg_max(kind, seq) FILTER (NOT starts) AS outcome,
  max(at_micros) FILTER (NOT starts) AS ended_micros
FROM (
  SELECT *, sum(starts::INTEGER) OVER (PARTITION BY run, run_id, path, call, attempt ORDER BY seq) AS number,
    max(CASE WHEN kind = 'ToolCallStarted' THEN seq END)
      OVER (PARTITION BY run, run_id, path, call ORDER BY seq) AS intent_seq
  FROM (SELECT run, run_id, path, call, attempt, seq, at_micros, kind,
      kind IN ('ModelCallStarted', 'ToolCallStarted', 'ReconcileStarted') AS starts FROM facts
    WHERE kind IN ('ModelCallStarted', 'ModelAnswered', 'ModelCallFailed', 'ToolCallStarted', 'ToolReturned',
      'ToolCallFailed', 'ReconcileStarted', 'ReconcileFoundNothing', 'LateOutcome')))
WHERE number > 0 GROUP BY run, run_id, path, call, attempt, number
"""

# What an attempt without an outcome came to: the first of these facts that followed it. Effects are let end, whatever
# becomes of their step.
_ATTEMPT_ENDINGS: Final = """
SELECT a.run, a.run_id, a.seq, arg_min(f.kind, f.seq) AS kind, min(f.at_micros) AS at_micros
FROM (SELECT a.*, i.body->>'$.effect' AS effect
  FROM attempts a JOIN facts i ON i.run = a.run AND i.run_id = a.run_id AND i.seq = a.seq WHERE a.outcome IS NULL) a
JOIN facts f ON f.run = a.run AND f.run_id = a.run_id AND f.seq > a.seq
WHERE f.kind IN ('StepFailed', 'StepCancelled', 'RunCancelling', 'RunAdopted', 'RunEnded')
  AND (a.is_model OR a.effect = 'none' OR f.kind IN ('RunAdopted', 'RunEnded'))
  AND (f.path IS NULL OR f.path = a.path OR starts_with(a.path, f.path || '/') OR starts_with(a.path, f.path || '['))
GROUP BY a.run, a.run_id, a.seq
"""

_MODEL_CALLS: Final = """
SELECT a.run, a.run_id, a.path AS step, a.call, a.attempt, i.model,
  CASE WHEN a.outcome = 'ModelAnswered' THEN 'succeeded' WHEN a.outcome = 'ModelCallFailed' THEN 'failed'
    WHEN a.outcome = 'LateOutcome' THEN 'late' WHEN e.kind = 'RunAdopted' THEN 'lost'
    WHEN e.kind IS NOT NULL THEN 'given up' ELSE 'running' END AS status,
  make_timestamp(a.started_micros) AS started_at, make_timestamp(coalesce(a.ended_micros, e.at_micros)) AS ended_at,
  (o.body->>'$.milliseconds')::BIGINT AS milliseconds, o.input_tokens,
  (o.body->>'$.usage.cached_tokens')::BIGINT AS cached_tokens, o.output_tokens,
  (o.body->>'$.usage.thinking_tokens')::BIGINT AS thinking_tokens,
  (o.cost_micros / 1000000)::DECIMAL(18, 6) AS cost_usd, (o.body->>'$.cost.estimated')::BOOLEAN AS estimated,
  o.body->>'$.finish' AS finish, nullif(o.body->>'$.violation', '') AS violation,
  o.body->>'$.problem.message' AS problem, i.body->>'$.prompt' AS prompt_digest,
  coalesce(o.body->>'$.text.head', o.body->>'$.text') AS answer, o.body->>'$.text.digest' AS answer_digest, a.seq
FROM attempts a JOIN facts i ON i.run = a.run AND i.run_id = a.run_id AND i.seq = a.seq
LEFT JOIN facts o ON o.run = a.run AND o.run_id = a.run_id AND o.seq = a.outcome_seq
LEFT JOIN attempt_endings e ON e.run = a.run AND e.run_id = a.run_id AND e.seq = a.seq
WHERE a.is_model
"""

_TOOL_CALLS: Final = """
WITH starts AS (SELECT run, run_id, path, call, seq FROM facts WHERE kind IN ('ToolCallStarted', 'ReconcileStarted')),
doubts AS (
  SELECT d.run, d.run_id, s.seq, arg_max(coalesce(e.body->>'$.resolution', 'in doubt'), d.seq) AS resolution
  FROM (FROM facts WHERE kind = 'EffectInDoubt') d
  ASOF JOIN starts s ON s.run = d.run AND s.run_id = d.run_id AND s.path = d.path AND s.call = d.call AND d.seq > s.seq
  LEFT JOIN (FROM facts WHERE kind = 'EffectSettled') e ON e.run = d.run AND e.run_id = d.run_id AND e.ask = d.ask
  GROUP BY d.run, d.run_id, s.seq)
SELECT a.run, a.run_id, a.path AS step, a.call, a.attempt, i.tool, i.body->>'$.use' AS use,
  a.began = 'ReconcileStarted' AS is_question, i.body->>'$.effect' AS effect, i.body->>'$.effect_key' AS effect_key,
  i.body->>'$.digest' AS digest,
  CASE WHEN d.resolution = 'happened' THEN 'succeeded' WHEN d.resolution = 'in doubt' THEN 'in doubt'
    WHEN d.resolution IS NOT NULL THEN 'failed' WHEN a.outcome = 'ToolReturned' THEN 'succeeded'
    WHEN a.outcome = 'ToolCallFailed' THEN 'failed' WHEN a.outcome = 'ReconcileFoundNothing' THEN 'found nothing'
    WHEN a.outcome = 'LateOutcome' THEN 'late' WHEN e.kind = 'RunAdopted' THEN 'lost'
    WHEN e.kind IS NOT NULL THEN 'given up' ELSE 'running' END AS status,
  make_timestamp(a.started_micros) AS started_at, make_timestamp(coalesce(a.ended_micros, e.at_micros)) AS ended_at,
  (o.body->>'$.milliseconds')::BIGINT AS milliseconds, o.body->>'$.problem.message' AS problem,
  i.body->'$.arguments' AS arguments, i.body->>'$.arguments.digest' AS arguments_digest,
  o.body->'$.result' AS result, o.body->>'$.result.digest' AS result_digest, a.seq
FROM attempts a
LEFT JOIN facts o ON o.run = a.run AND o.run_id = a.run_id AND o.seq = a.outcome_seq
LEFT JOIN facts i ON i.run = a.run AND i.run_id = a.run_id AND i.seq = a.intent_seq
LEFT JOIN attempt_endings e ON e.run = a.run AND e.run_id = a.run_id AND e.seq = a.seq
LEFT JOIN doubts d ON d.run = a.run AND d.run_id = a.run_id AND d.seq = a.seq
WHERE NOT a.is_model
"""

_APPROVALS: Final = """
SELECT q.run, q.run_id, q.ask, q.path AS step, nullif(q.call, '') AS call,
  CASE q.kind WHEN 'ApprovalRequested' THEN 'approval' WHEN 'QuestionAsked' THEN 'question'
    WHEN 'EffectInDoubt' THEN 'in_doubt' ELSE 'budget' END AS kind,
  CASE WHEN d.kind = 'ApprovalGranted' THEN 'approved' WHEN d.kind = 'ApprovalRejected' THEN 'rejected'
    WHEN d.kind = 'ApprovalExpired' THEN 'expired' WHEN d.kind IN ('QuestionAnswered', 'BudgetRaised') THEN 'answered'
    WHEN d.kind = 'EffectSettled' THEN 'settled' WHEN list_contains(r.open_asks, q.ask) THEN 'waiting'
    ELSE 'closed' END AS status,
  q.body->>'$.question' AS question, q.body->>'$.tool' AS tool, q.body->>'$.effect' AS effect,
  q.body->>'$.digest' AS digest, q.body->'$.shown' AS shown, make_timestamp(q.at_micros) AS asked_at,
  make_timestamp((q.body->>'$.expires.until')::BIGINT) AS expires_at, make_timestamp(d.at_micros) AS decided_at,
  d.actor AS decided_by, coalesce(d.body->>'$.reason', d.body->>'$.resolution') AS reason,
  json_array_length(d.body->'$.edited') > 0 AS edited
FROM (FROM facts WHERE kind IN ('ApprovalRequested', 'QuestionAsked', 'EffectInDoubt', 'BudgetReached')) q
LEFT JOIN (FROM facts WHERE kind IN ('ApprovalGranted', 'ApprovalRejected', 'ApprovalExpired', 'QuestionAnswered',
  'BudgetRaised', 'EffectSettled')) d ON d.run = q.run AND d.run_id = q.run_id AND d.ask = q.ask
LEFT JOIN runs r ON r.run = q.run AND r.run_id = q.run_id
"""

# What was billed, and what a model call that was lost with its worker may have cost: all that was held back for it.
_SPEND: Final = """
WITH billed AS (
  SELECT run, run_id, path, call, attempt, at_micros, cost_micros, input_tokens, output_tokens, body,
    CASE kind WHEN 'ModelAnswered' THEN if((body->>'$.cached')::BOOLEAN, 'cache', 'answer')
      WHEN 'ModelCallFailed' THEN 'failure' ELSE 'late' END AS cause,
    (body->>'$.cost.estimated')::BOOLEAN OR (body->>'$.usage.estimated')::BOOLEAN AS estimated
  FROM facts WHERE kind IN ('ModelAnswered', 'LateOutcome') OR (kind = 'ModelCallFailed'
    AND (input_tokens > 0 OR output_tokens > 0 OR cost_micros <> 0 OR (body->>'$.usage.estimated')::BOOLEAN
      OR (body->>'$.usage.cached_tokens')::BIGINT > 0 OR (body->>'$.usage.written_tokens')::BIGINT > 0))),
lost AS (
  SELECT a.run, a.run_id, a.path, a.call, a.attempt, e.at_micros, (i.body->>'$.reserved_micros')::BIGINT AS cost_micros,
    (i.body->>'$.reserved_tokens')::BIGINT AS input_tokens, 0 AS output_tokens, i.body, 'lost' AS cause,
    true AS estimated
  FROM attempts a JOIN attempt_endings e ON e.run = a.run AND e.run_id = a.run_id AND e.seq = a.seq
  JOIN facts i ON i.run = a.run AND i.run_id = a.run_id AND i.seq = a.seq
  WHERE a.is_model AND e.kind = 'RunAdopted'),
models AS (
  SELECT run, run_id, path, call, attempt, max(model) AS model FROM facts WHERE kind = 'ModelCallStarted'
  GROUP BY run, run_id, path, call, attempt)
SELECT s.run, s.run_id, s.path AS step, s.call, s.attempt, m.model, s.cause,
  make_timestamp(s.at_micros) AS happened_at, (s.cost_micros / 1000000)::DECIMAL(18, 6) AS cost_usd,
  s.cost_micros IS NOT NULL AS cost_known, s.estimated, s.input_tokens,
  (s.body->>'$.usage.cached_tokens')::BIGINT AS cached_tokens, s.output_tokens,
  nullif(s.body->>'$.cost.table', '') AS price_table,
  (coalesce((s.body->>'$.cost.energy_micros')::BIGINT, 0) / 1000000)::DECIMAL(18, 6) AS energy_usd,
  (coalesce((s.body->>'$.cost.hardware_micros')::BIGINT, 0) / 1000000)::DECIMAL(18, 6) AS hardware_usd
FROM (FROM billed UNION ALL BY NAME FROM lost) s
LEFT JOIN models m ON m.run = s.run AND m.run_id = s.run_id AND m.path = s.path AND m.call = s.call
  AND m.attempt = s.attempt
"""

_SPANS: Final = """
SELECT run_id AS id, NULL AS parent, run, run_id, 'run' AS kind, blueprint AS name, status, started_at, ended_at,
  NULL AS attempts, input_tokens, output_tokens, cost_usd, output_digest AS payload_digest FROM runs
UNION ALL BY NAME
SELECT run_id || '/' || step AS id, CASE parent WHEN '' THEN run_id ELSE run_id || '/' || parent END AS parent, run,
  run_id, 'step' AS kind, step AS name, status, started_at, ended_at, attempts, input_tokens, output_tokens, cost_usd,
  output_digest AS payload_digest FROM steps WHERE started_at IS NOT NULL
UNION ALL BY NAME
SELECT run_id || '/' || step || '#' || call || '@' || seq AS id, run_id || '/' || step AS parent, run, run_id,
  'model_call' AS kind, model AS name, status, started_at, ended_at, attempt AS attempts, input_tokens, output_tokens,
  cost_usd, answer_digest AS payload_digest FROM model_calls
UNION ALL BY NAME
SELECT run_id || '/' || step || '#' || call || '@' || seq AS id, run_id || '/' || step AS parent, run, run_id,
  'tool_call' AS kind, tool AS name, status, started_at, ended_at, attempt AS attempts, NULL AS input_tokens,
  NULL AS output_tokens, NULL AS cost_usd, result_digest AS payload_digest FROM tool_calls
"""

VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "events": _EVENTS,
        "runs": _RUNS,
        "steps": _STEPS,
        "attempts": _ATTEMPTS,
        "attempt_endings": _ATTEMPT_ENDINGS,
        "model_calls": _MODEL_CALLS,
        "tool_calls": _TOOL_CALLS,
        "approvals": _APPROVALS,
        "spend": _SPEND,
        "spans": _SPANS,
    }
)
"""In the order in which they are made."""
