-- Every row of both files, each in exactly one category, with what it was matched to and what is still open.
--
-- Amounts are integer hundredths ("cents") throughout, so no digit is lost on the way; they leave as text ("1250.00").
-- The rules, in words, stand in README.md under "How it decides"; each rule is one CTE below, in that order.
-- Deliberately absent: guesses. A row that can be read two ways, or fits two invoices, becomes an exception.
--
-- Reads   invoices (invoice, customer, date, amount; optional due, currency, email)
--         payments (payment, payer, date, amount, reference; optional currency)
-- Takes   $today, $currency, $rates (JSON text), $tolerance, $fx_tolerance, $repeat_days, $terms_days,
--         $date_format, $at_most

WITH settings AS (
    SELECT CAST(left($today, 10) AS DATE) AS today,
           upper(trim($currency)) AS home,
           CAST(round($tolerance * 100) AS BIGINT) AS tolerance,
           CAST(round($fx_tolerance * 1000000) AS BIGINT) AS fx_millionths
),

-- READING -------------------------------------------------------------------------------------------------------------

-- Rows in the order of the files; the second half of each union supplies the columns that a file may leave out.
invoice_rows AS (
    SELECT rowid + 1 AS file_row, * FROM invoices
    UNION ALL BY NAME SELECT '' AS due, '' AS currency, '' AS email WHERE false
),
payment_rows AS (
    SELECT rowid + 1 AS file_row, * FROM payments
    UNION ALL BY NAME SELECT '' AS currency WHERE false
),
written AS (
    SELECT 'invoice' AS side, file_row AS nr, invoice::VARCHAR AS id, customer::VARCHAR AS party,
           email::VARCHAR AS email, date::VARCHAR AS date, due::VARCHAR AS due, amount::VARCHAR AS amount,
           currency::VARCHAR AS currency, '' AS reference
    FROM invoice_rows
    UNION ALL
    SELECT 'payment', file_row, payment::VARCHAR, payer::VARCHAR, '', date::VARCHAR, '', amount::VARCHAR,
           currency::VARCHAR, reference::VARCHAR
    FROM payment_rows
),
trimmed AS (
    SELECT side, nr, nullif(trim(id), '') AS id, coalesce(trim(party), '') AS party, coalesce(trim(email), '') AS email,
           coalesce(trim(reference), '') AS reference, coalesce(trim(date), '') AS date_text,
           coalesce(trim(due), '') AS due_text, coalesce(trim(amount), '') AS amount_text,
           upper(coalesce(nullif(trim(currency), ''), home)) AS currency,
           regexp_replace(coalesce(amount, ''), '[\s\x{00A0}\x{202F}''’]', '', 'g') AS figure
    FROM written, settings
),
-- 1234.5, 1234,50, 1,234.50 and 1.234,50 are plain. 1,234 and 1.234 could be thousands or thousandths: they stay NULL.
parsed AS (
    SELECT trimmed.*,
           CAST(100 * CAST(CASE
               WHEN regexp_full_match(figure, '[+-]?\d{1,10}([.,]\d{1,2})?') THEN replace(figure, ',', '.')
               WHEN regexp_full_match(figure, '[+-]?\d{1,3}((,\d{3}){2,3}|(,\d{3}){1,3}\.\d{1,2})')
                   THEN replace(figure, ',', '')
               WHEN regexp_full_match(figure, '[+-]?\d{1,3}((\.\d{3}){2,3}|(\.\d{3}){1,3},\d{1,2})')
                   THEN replace(replace(figure, '.', ''), ',', '.')
           END AS DECIMAL(14, 2)) AS BIGINT) AS cents,
           CAST(try_strptime(date_text, [$date_format, '%Y-%m-%d']) AS DATE) AS day,
           CAST(try_strptime(due_text, [$date_format, '%Y-%m-%d']) AS DATE) AS due_day,
           regexp_replace(lower(strip_accents(party)), '[^\p{L}\p{N}]', '', 'g') AS party_key,
           -- In hundred-millionths of the home currency; NULL where $rates has none above zero.
           CAST(CASE WHEN currency = home THEN 1
                     WHEN regexp_full_match(currency, '[A-Z]{3}')
                     THEN nullif(greatest(try_cast($rates ->> ('$.' || currency) AS DECIMAL(18, 8)), 0), 0)
                END * 100000000 AS HUGEINT) AS rate
    FROM trimmed, settings
),
judged AS (
    SELECT * REPLACE (CASE WHEN due_text = '' THEN day + CAST($terms_days AS INTEGER) ELSE due_day END AS due_day),
           CASE
               WHEN id IS NULL THEN 'it has no number'
               WHEN side = 'invoice' AND NOT regexp_matches(upper(strip_accents(id)), '[A-Z0-9]')
                   THEN 'it has no number'
               WHEN cents IS NULL THEN 'its amount cannot be read: "' || amount_text || '"'
               WHEN side = 'payment' AND cents = 0 THEN 'its amount is zero'
               WHEN day IS NULL OR year(day) NOT BETWEEN 1900 AND 2200
                   THEN 'its date cannot be read: "' || date_text || '"'
               WHEN side = 'invoice' AND due_text <> '' AND (due_day IS NULL OR year(due_day) NOT BETWEEN 1900 AND 2200)
                   THEN 'its due date cannot be read: "' || due_text || '"'
               WHEN NOT regexp_full_match(currency, '[A-Z]{3}') THEN 'its currency cannot be read: "' || currency || '"'
           END AS unreadable
    FROM parsed
),

-- SPELLING ------------------------------------------------------------------------------------------------------------

-- What a payment's reference may mean: the whole text, or any one to three words of it that hold a digit.
words AS (
    SELECT nr, reference, regexp_split_to_array(reference, '[\s,;]+') AS word
    FROM judged WHERE side = 'payment' AND unreadable IS NULL AND reference <> ''
),
readings AS (
    SELECT 'invoice' AS side, nr, true AS whole, id AS reading FROM judged WHERE side = 'invoice' AND unreadable IS NULL
    UNION ALL
    SELECT 'payment', nr, true, reference FROM words
    UNION ALL
    SELECT 'payment', nr, false, part
    FROM (SELECT nr, unnest(flatten([[array_to_string(word[start : start + more], ' ')
                                      for more in [0, 1, 2] if start + more <= len(word)]
                                     for start in range(1, len(word) + 1)])) AS part
          FROM words WHERE len(word) > 1)
    WHERE regexp_matches(part, '[0-9]')
),
-- `plain` drops case, accents, spaces and punctuation and reads O as 0 and I as 1; `bare` drops leading zeros as well.
forms AS (
    SELECT side, nr, whole, 'plain' AS kind, regexp_replace(caps, '[^A-Z0-9]', '', 'g') AS form
    FROM (SELECT *, translate(upper(strip_accents(reading)), 'OI', '01') AS caps FROM readings)
    UNION ALL
    SELECT side, nr, whole, 'bare',
           regexp_replace(regexp_replace(caps, '(^|[^0-9])0+([0-9])', '\1\2', 'g'), '[^A-Z0-9]', '', 'g')
    FROM (SELECT *, translate(upper(strip_accents(reading)), 'OI', '01') AS caps FROM readings)
),

-- WHAT CAN BE MATCHED -------------------------------------------------------------------------------------------------

-- An invoice repeats an earlier row with the same number, or with nearly the same number, customer and amount.
numbered AS (
    SELECT judged.*, least(
               min(nr) OVER (PARTITION BY plain.form),
               min(nr) OVER (PARTITION BY bare.form, party_key, currency, cents)) AS first_nr
    FROM judged
    JOIN (SELECT side, nr, form FROM forms WHERE kind = 'plain') AS plain USING (side, nr)
    JOIN (SELECT side, nr, form FROM forms WHERE kind = 'bare') AS bare USING (side, nr)
    WHERE side = 'invoice'
),
billed AS (
    SELECT nr, id, party_key, currency, rate, cents, tolerance, cents * fx_millionths // 1000000 AS fx_allowance
    FROM numbered, settings
    WHERE first_nr = nr AND cents >= 0
),
-- A payment number that appears twice was exported twice; a negative amount is a refund. Neither pays an invoice.
entered AS (
    SELECT *, min(nr) OVER (PARTITION BY id) AS first_nr FROM judged WHERE side = 'payment' AND unreadable IS NULL
),
received AS (
    SELECT nr, id, party_key, currency, rate, cents, day FROM entered WHERE first_nr = nr AND cents > 0
),

-- MATCHING: each rule takes the payments that the rules before it left, and counts only if exactly one invoice fits ---

-- Rule 1, reference: the same number. A number within a longer text counts if customer or amount agree as well.
-- `worth` is the payment in the invoice's currency, the half cent rounded up; NULL where a rate is missing.
reference_fits AS (
    SELECT p.nr AS payment, i.nr AS invoice, CASE WHEN NOT whole THEN 3 WHEN kind = 'plain' THEN 1 ELSE 2 END AS step,
           p.currency <> i.currency AS converted,
           CASE WHEN converted THEN (2 * p.cents * p.rate + i.rate) // (2 * i.rate) ELSE p.cents END AS worth
    FROM forms AS asked
    JOIN (SELECT nr, kind, form FROM forms WHERE side = 'invoice') AS known USING (kind, form)
    JOIN received AS p ON p.nr = asked.nr
    JOIN billed AS i ON i.nr = known.nr
    WHERE side = 'payment' AND worth IS NOT NULL
      AND (whole OR (p.party_key = i.party_key AND p.party_key <> '')
           OR (p.currency = i.currency AND p.cents = i.cents))
),
by_reference AS (
    SELECT payment, min(invoice) AS invoice, min(worth) AS worth, bool_or(converted) AS converted
    FROM reference_fits GROUP BY payment, step HAVING count(DISTINCT invoice) = 1
    QUALIFY row_number() OVER (PARTITION BY payment ORDER BY step) = 1
),
-- Rules 2 and 3 look only at what is still open by more than the rounding allowed.
still_open AS (
    SELECT i.*, cents - coalesce(paid, 0) AS remaining, coalesce(converted, false) AS fx_paid
    FROM billed AS i
    LEFT JOIN (SELECT invoice, sum(worth) AS paid, bool_or(converted) AS converted FROM by_reference GROUP BY invoice)
        ON invoice = nr
    WHERE remaining > tolerance + CASE WHEN fx_paid THEN fx_allowance ELSE 0 END
),

-- Rule 2, typo: the number with one character wrong, missing, added or swapped with its neighbour, if customer or
-- amount agree. Two texts that are one slip apart share a stem (the text itself, or less one character), so an equality
-- join finds the few pairs worth measuring, however many rows there are.
stems AS (
    SELECT DISTINCT side, nr, kind, form,
           unnest(list_append([form[: k - 1] || form[k + 1 :] for k in range(1, length(form) + 1)], form)) AS stem
    FROM forms
    WHERE length(form) BETWEEN 4 AND 40
      AND ((side = 'invoice' AND nr IN (SELECT nr FROM still_open))
           OR (side = 'payment' AND nr IN (SELECT nr FROM received EXCEPT SELECT payment FROM by_reference)))
),
typo_fits AS (
    SELECT DISTINCT p.nr AS payment, i.nr AS invoice, p.currency <> i.currency AS converted,
           CASE WHEN converted THEN (2 * p.cents * p.rate + i.rate) // (2 * i.rate) ELSE p.cents END AS worth
    FROM (SELECT nr, kind, form, stem FROM stems WHERE side = 'payment') AS asked
    JOIN (SELECT nr, kind, form, stem FROM stems WHERE side = 'invoice') AS known USING (kind, stem)
    JOIN received AS p ON p.nr = asked.nr
    JOIN billed AS i ON i.nr = known.nr
    WHERE ((p.party_key = i.party_key AND p.party_key <> '') OR (p.currency = i.currency AND p.cents = i.cents))
      AND damerau_levenshtein(asked.form, known.form) <= 1 AND worth IS NOT NULL
),
by_typo AS (
    SELECT payment, min(invoice) AS invoice, min(worth) AS worth, bool_or(converted) AS converted
    FROM typo_fits GROUP BY payment HAVING count(*) = 1
),

-- Rule 3, customer and amount: the same customer paid what rule 1 left open, and rule 2 found nothing for that invoice.
amount_fits AS (
    SELECT p.nr AS payment, i.nr AS invoice, p.currency <> i.currency AS converted,
           CASE WHEN converted THEN (2 * p.cents * p.rate + i.rate) // (2 * i.rate) ELSE p.cents END AS worth
    FROM (SELECT * FROM received ANTI JOIN (FROM by_reference UNION ALL FROM by_typo) AS m ON m.payment = nr) AS p
    JOIN (SELECT * FROM still_open ANTI JOIN by_typo AS m ON m.invoice = nr) AS i USING (party_key)
    WHERE party_key <> ''
      AND abs(worth - remaining) <= tolerance + CASE WHEN converted OR fx_paid THEN fx_allowance ELSE 0 END
),
by_amount AS (
    SELECT payment, min(invoice) AS invoice, min(worth) AS worth, bool_or(converted) AS converted
    FROM amount_fits GROUP BY payment HAVING count(*) = 1
),

-- SETTLING ------------------------------------------------------------------------------------------------------------

-- A payment repeats an earlier one (same invoice, payer, currency and amount, within $repeat_days) if the invoice does
-- not need it: what came in until then is more than what was due. Two instalments of the same size are no repeat.
applied AS (
    SELECT m.*, p.id, p.day, lag(p.id) OVER alike AS same_id,
           sum(worth) OVER (of_invoice ORDER BY p.day, p.nr)
               > i.cents + i.tolerance + CASE WHEN bool_or(converted) OVER of_invoice THEN i.fx_allowance ELSE 0 END
               AND coalesce(p.day - lag(p.day) OVER alike <= CAST($repeat_days AS INTEGER), false) AS repeated
    FROM (SELECT *, 'reference' AS rule FROM by_reference
          UNION ALL SELECT *, 'typo' FROM by_typo
          UNION ALL SELECT *, 'amount' FROM by_amount) AS m
    JOIN received AS p ON p.nr = m.payment
    JOIN billed AS i ON i.nr = m.invoice
    WINDOW of_invoice AS (PARTITION BY m.invoice),
           alike AS (PARTITION BY m.invoice, p.party_key, p.currency, p.cents ORDER BY p.day, p.nr)
),
settled AS (
    SELECT invoice, sum(worth) AS paid, bool_or(converted) AS fx_paid, string_agg(id, '; ' ORDER BY day, payment) AS ids
    FROM applied WHERE NOT repeated GROUP BY invoice
),

-- JUDGING -------------------------------------------------------------------------------------------------------------

invoice_lines AS (
    SELECT 'invoice' AS side, n.nr, s.ids AS matched, due_day < today AS past_due,
           CASE WHEN n.first_nr <> n.nr THEN first_id END AS duplicate_of,
           CASE WHEN n.first_nr = n.nr AND n.cents >= 0 THEN coalesce(s.paid, 0) END AS settled,
           n.cents - settled AS short,
           CASE
               WHEN n.first_nr <> n.nr THEN 'duplicate'
               WHEN n.cents < 0 THEN 'credit_note'
               WHEN settled = 0 AND n.cents > 0 THEN CASE WHEN past_due THEN 'overdue' ELSE 'open' END
               WHEN s.fx_paid AND abs(short) <= tolerance + n.cents * fx_millionths // 1000000 THEN 'converted'
               WHEN short = 0 THEN 'paid'
               WHEN abs(short) <= tolerance THEN 'rounding'
               WHEN short > 0 THEN 'partial'
               ELSE 'overpaid'
           END AS category,
           CASE WHEN category IN ('overdue', 'open', 'partial') THEN short WHEN settled IS NOT NULL THEN 0 END AS open,
           open - short AS difference,
           CASE category
               WHEN 'duplicate' THEN 'it repeats invoice ' || first_id || ' of row ' || n.first_nr
               WHEN 'credit_note' THEN 'it is a credit note, which nothing pays'
               WHEN 'overdue' THEN 'nothing was paid, and it was due on ' || due_day
               WHEN 'open' THEN 'nothing was paid, and it is not due before ' || due_day
               WHEN 'converted' THEN 'it was paid in another currency'
               WHEN 'rounding' THEN 'it was paid but for ' || CAST(abs(short) * 0.01 AS VARCHAR) || ' of rounding'
               WHEN 'partial' THEN 'only ' || CAST(settled * 0.01 AS VARCHAR) || ' was paid, so '
                                   || CAST(short * 0.01 AS VARCHAR) || ' is open'
               WHEN 'overpaid' THEN CAST(settled * 0.01 AS VARCHAR) || ' was paid, which is '
                                    || CAST(-short * 0.01 AS VARCHAR) || ' too much'
               ELSE 'it was paid'
           END AS why
    FROM numbered AS n
    CROSS JOIN settings
    JOIN (SELECT nr AS first_nr, id AS first_id FROM judged WHERE side = 'invoice') AS first USING (first_nr)
    LEFT JOIN settled AS s ON s.invoice = n.nr
),
payment_lines AS (
    SELECT 'payment' AS side, e.nr, i.id AS matched, a.rule,
           CASE WHEN e.first_nr <> e.nr THEN e.id WHEN repeated THEN same_id END AS duplicate_of,
           CASE WHEN NOT repeated THEN worth END AS settled,
           CASE
               WHEN duplicate_of IS NOT NULL THEN 'duplicate'
               WHEN e.cents < 0 THEN 'refund'
               ELSE CASE a.rule WHEN 'reference' THEN 'matched' WHEN 'typo' THEN 'typo' WHEN 'amount' THEN 'by_amount'
                    ELSE 'unmatched' END
           END AS category,
           CASE category
               WHEN 'duplicate' THEN
                   CASE WHEN repeated THEN 'it repeats payment ' || same_id || ', and the invoice does not need it'
                        ELSE 'payment ' || e.id || ' stands in row ' || e.first_nr || ' already' END
               WHEN 'refund' THEN 'it is negative, so money was sent back'
               WHEN 'matched' THEN 'its reference names the invoice'
               WHEN 'typo' THEN 'its reference is one slip away from ' || i.id
               WHEN 'by_amount' THEN 'its reference names no invoice, but customer and amount fit ' || i.id
               WHEN 'unmatched' THEN
                   CASE WHEN e.nr IN (SELECT payment FROM reference_fits UNION SELECT payment FROM typo_fits
                                      UNION SELECT payment FROM amount_fits) THEN 'more than one invoice fits'
                        WHEN e.rate IS NULL THEN 'no invoice fits, and there is no rate for ' || e.currency
                        ELSE 'no invoice fits' END
           END AS why
    FROM entered AS e
    LEFT JOIN applied AS a ON a.payment = e.nr
    LEFT JOIN billed AS i ON i.nr = a.invoice
),
lines AS (
    SELECT j.side, j.nr, coalesce(j.id, '') AS id, j.party, coalesce(o.category, 'unreadable') AS category,
           coalesce(j.unreadable, o.why) AS why, coalesce(CAST(j.day AS VARCHAR), j.date_text) AS date,
           CASE WHEN j.side = 'invoice' THEN coalesce(CAST(j.due_day AS VARCHAR), j.due_text) END AS due,
           j.currency, j.cents, o.settled, o.open, o.difference, o.matched, o.rule, o.duplicate_of, j.reference,
           j.email, coalesce(CAST(j.cents * 0.01 AS VARCHAR), j.amount_text) AS amount,
           CAST(o.settled * 0.01 AS VARCHAR) AS paid,
           coalesce(o.category NOT IN ('paid', 'rounding', 'converted', 'open', 'matched'), true) AS exception,
           coalesce(o.category IN ('overdue', 'partial') AND o.past_due, false) AS remind,
           CASE WHEN o.past_due THEN CAST(today - j.due_day AS INTEGER) END AS days_late
    FROM judged AS j
    CROSS JOIN settings
    LEFT JOIN (SELECT * FROM invoice_lines UNION ALL BY NAME SELECT * FROM payment_lines) AS o USING (side, nr)
),

-- TELLING -------------------------------------------------------------------------------------------------------------

-- What a person must look at. Empty text stands where a row has no such value.
exceptions AS (
    SELECT side, nr AS row, id, party, category, why, date, coalesce(due, '') AS due, currency, amount,
           coalesce(paid, '') AS paid, coalesce(CAST(open * 0.01 AS VARCHAR), '') AS open,
           coalesce(CAST(difference * 0.01 AS VARCHAR), '') AS difference, coalesce(matched, '') AS matched,
           coalesce(duplicate_of, '') AS duplicate_of, reference, email, remind, coalesce(days_late, 0) AS days_late
    FROM lines WHERE exception
),
totals AS (
    SELECT side, category, currency, CAST(count(*) AS INTEGER) AS rows,
           coalesce(CAST(sum(cents) FILTER (category <> 'unreadable') * 0.01 AS VARCHAR), '') AS amount,
           coalesce(CAST(sum(settled) * 0.01 AS VARCHAR), '') AS paid,
           coalesce(CAST(sum(open) * 0.01 AS VARCHAR), '') AS open
    FROM (SELECT * REPLACE (CASE WHEN category = 'unreadable' THEN '' ELSE currency END AS currency) FROM lines)
    GROUP BY side, category, currency
),
-- Every row as CSV, in files of 2,500 lines. A cell that a spreadsheet would run as a formula gets an apostrophe.
cells AS (
    SELECT side, nr, [side, CAST(nr AS VARCHAR), id, party, category, why, date, due, currency, amount, paid,
                      CAST(open * 0.01 AS VARCHAR), CAST(difference * 0.01 AS VARCHAR), matched, rule, duplicate_of,
                      reference] AS cell
    FROM lines
),
csv AS (
    SELECT side, nr, (row_number() OVER (ORDER BY side, nr) - 1) // 2500 AS page,
           array_to_string([CASE WHEN regexp_matches(safe, '[",\r\n]') THEN '"' || replace(safe, '"', '""') || '"'
                                 ELSE safe END
                            for safe in [CASE WHEN regexp_matches(value, '^([=+@\t]|-[^0-9])') THEN '''' || value
                                              ELSE coalesce(value, '') END
                                         for value in cell]], ',') AS line
    FROM cells
),
ledger AS (
    SELECT page, CASE page WHEN 0 THEN 'ledger.csv' ELSE 'ledger-' || (page + 1) || '.csv' END AS file,
           'side,row,id,party,category,why,date,due,currency,amount,paid,open,difference,matched,rule,'
           || 'duplicate_of,reference' || chr(10) || string_agg(line, chr(10) ORDER BY side, nr) || chr(10) AS text
    FROM csv GROUP BY page
),
-- Every row of the files stands here once, every invoice adds up, and both sides agree on what was paid.
checks AS (
    SELECT count(*) FILTER (side = 'invoice') = (SELECT count(*) FROM invoices)
           AND count(*) FILTER (side = 'payment') = (SELECT count(*) FROM payments)
           AND count(*) = count(DISTINCT (side, nr))
           AND count(*) FILTER (settled + open - difference <> cents) = 0
           AND coalesce(sum(settled) FILTER (side = 'invoice'), 0) = coalesce(sum(settled) FILTER (side = 'payment'), 0)
           AS balanced
    FROM lines
)

SELECT CASE WHEN (SELECT count(*) FROM exceptions) <= $at_most
            THEN (SELECT coalesce(list(e ORDER BY side, row), []) FROM exceptions AS e)
            ELSE error((SELECT count(*) FROM exceptions) || ' exceptions are more than at_most allows ('
                       || CAST($at_most AS INTEGER) || '): are the columns mapped as they should be?')
       END AS exceptions,
       (SELECT coalesce(list(t ORDER BY side, category, currency), []) FROM totals AS t) AS totals,
       (SELECT coalesce(list({'file': file, 'text': text} ORDER BY page), []) FROM ledger) AS ledger,
       (SELECT balanced FROM checks) AS balanced
