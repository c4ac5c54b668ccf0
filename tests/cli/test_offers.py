"""Tools, models and blueprints: what there is, what is wrong with it, what it may do."""

GOOD = "about: Try it.\nsteps: {a: {set: {v: 1}}, b: {set: {w: '{{ a.v }}'}}}\n"


def test_tools_are_listed_with_their_effect_and_shown_with_their_parameters(shell):
    assert {tool["id"] for tool in shell("tools", "--json").json} >= {"files.read", "files.append", "sql.query"}
    assert shell("tools", "files.append", "--json").json["effect"] == "reconcilable"
    assert "parameters" in shell("tools", "files.append").out
    told = shell("tools", "files.apend")
    assert (told.code, "files.append" in told.err) == (3, True)


def test_a_tool_is_shown_with_what_opens_it_and_an_example(shell):
    told = shell("tools", "web.request").out
    for words in (
        "hosts",
        "needed: methods it may use",
        "GET, HEAD, OPTIONS",
        "untrusted",
        "use: web.request",
        "keyed",
    ):
        assert words in told
    document = shell("tools", "shell.run", "--json").json
    assert document["classes"] == ["none", "keyed", "unsafe"]
    assert [key["id"] for key in document["allow"]] == ["programs", "folder"]
    assert "programs: [git log" in document["example"]


def test_models_say_what_answers_here_and_why_the_rest_cannot(shell):
    listed = {model["id"]: model for model in shell("models", "--json").json}
    assert [name for name, model in listed.items() if model["usable"]] == [
        "builtin/extractive",
        "builtin/scripted:FILE",
    ]
    assert "OPENAI_API_KEY isn't set" in listed["openai/NAME"]["about"]
    told = shell("models").out
    assert "builtin/extractive answers" in told
    assert "It is a stand-in, not a language model" in told
    assert "no Ollama answers at http://127.0.0.1:1" in told


def test_a_model_is_pulled_by_ollama_or_it_is_said_that_none_answers(shell):
    told = shell("models", "pull", "qwen3:4b", "--json")
    assert (told.code, "no Ollama answers" in told.json["error"]["message"]) == (3, True)
    assert shell("models", "push", "x").code == 2


def test_blueprints_are_listed_with_their_state(shell):
    shell.blueprint(GOOD)
    shell.blueprint("steps: {a: {sett: 1}}\n", "broken")
    listed = {each["id"]: each for each in shell("blueprint", "list", "--json").json}
    assert (listed["bench"]["valid"], listed["bench"]["trusted"]) == (True, True)
    assert listed["broken"]["valid"] is False
    assert "mntui blueprint check broken" in shell("blueprint", "list").out


def test_check_names_every_problem_at_its_place_and_exits_3(shell):
    told = shell("blueprint", "check", shell.blueprint("steps:\n  a: {sett: {v: 1}}\n  b: {set: {w: '{{ nope }}'}}\n"))
    assert told.code == 3
    assert "blueprint.yaml:3:" in told.out
    assert "blueprint.yaml:4:" in told.out
    findings = shell("blueprint", "check", "bench", "--json").json["findings"]
    assert {3, 4} <= {finding["line"] for finding in findings}


def test_check_of_a_good_blueprint_exits_0(shell):
    told = shell("blueprint", "check", shell.blueprint(GOOD))
    assert (told.code, "no problems" in told.out) == (0, True)


def test_the_graph_is_told_as_text_and_as_data(shell):
    shell.blueprint(GOOD)
    assert "← a" in shell("blueprint", "graph", "bench").out
    steps = {step["id"]: step for step in shell("blueprint", "graph", "bench", "--json").json["steps"]}
    assert (steps["b"]["needs"], steps["b"]["rank"]) == (["a"], 2)


def test_the_schema_for_editors_is_printed(shell):
    assert shell("blueprint", "schema", "--json").json["$schema"].startswith("https://json-schema.org/")


def test_a_shipped_or_own_blueprint_is_trusted_already(shell):
    told = shell("blueprint", "trust", shell.blueprint(GOOD), "--json")
    assert (told.code, told.json["trusted"]) == (0, True)
    assert "is trusted" in shell("blueprint", "trust", "bench").out
