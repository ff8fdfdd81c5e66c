"""Who may do what at the desk, by post. The rules of a case are checked again by its actions."""

from __future__ import annotations

from centro.accounts.roles import Role

R = Role

# Posts that read cases (their scope says which).
READERS = frozenset(
    {
        R.OPERATOR, R.SUPERVISOR, R.QUALITY, R.DIRECTOR, R.LIAISON, R.EXECUTIVE, R.OFFICIAL,
        R.HEAD, R.PRESIDENCY, R.DENUNCIATIONS, R.AUDITOR,
    }
)  # fmt: skip
# The centre's front: speaks for the citizen and sorts what nobody owns.
FRONT = frozenset({R.OPERATOR, R.SUPERVISOR})
# Who speaks for the citizen; for sealed cases that is the denunciation officer.
VOICES = FRONT | {R.DENUNCIATIONS}
# Who distributes the work of an entity.
DISTRIBUTORS = frozenset({R.LIAISON, R.EXECUTIVE, R.SUPERVISOR})
# Who works a case to its solution.
SOLVERS = frozenset({R.OFFICIAL, R.LIAISON, R.EXECUTIVE, R.SUPERVISOR, R.DENUNCIATIONS})
# Everybody who writes on a case in some way.
WRITERS = SOLVERS | FRONT
# An entity's own voice towards other entities.
ENVOYS = frozenset({R.LIAISON, R.EXECUTIVE})
# Who reads events; sealed reports are never part of one.
EVENT_READERS = READERS - {R.DENUNCIATIONS}
# Who gathers the cases of an event and announces it, and who solves it for all.
GATHERERS = FRONT | ENVOYS
UNBINDERS = DISTRIBUTORS
# Who sees what reached the President; only the Presidency itself instructs.
PRESIDENTIAL = frozenset({R.PRESIDENCY, R.DIRECTOR})
# Who reads instructions; an entity's head and executive liaison answer them.
INSTRUCTED = frozenset(
    {R.PRESIDENCY, R.DIRECTOR, R.SUPERVISOR, R.AUDITOR, R.HEAD, R.EXECUTIVE, R.LIAISON}
)
# Who answers for all entities together.
OVERSEERS = frozenset({R.SUPERVISOR, R.DIRECTOR, R.PRESIDENCY})
# Who decides where cases go, and who else reads by which rules they go there.
SIGNPOSTERS = frozenset({R.SUPERVISOR, R.DIRECTOR, R.ADMINISTRATOR})
SIGN_READERS = SIGNPOSTERS | ENVOYS | {R.AUDITOR}
# Who sees figures: of the country, or of the part of an entity that is theirs.
COUNTED = frozenset(
    {
        R.SUPERVISOR, R.QUALITY, R.DIRECTOR, R.PRESIDENCY, R.AUDITOR, R.LIAISON, R.EXECUTIVE,
        R.OFFICIAL, R.HEAD,
    }
)  # fmt: skip
# Of these, who writes on the time axis: for the country, or for the entity.
ANNOTATORS = frozenset({R.DIRECTOR, R.SUPERVISOR, R.EXECUTIVE})
# Who reads the internal entries of a timeline, not only the entity's.
OF_THE_CENTRE = frozenset(
    {
        R.OPERATOR, R.SUPERVISOR, R.QUALITY, R.DIRECTOR, R.PRESIDENCY, R.DENUNCIATIONS, R.AUDITOR,
    }
)  # fmt: skip
# Who writes down what is said at a counter: the centre, and the people of an entity.
COUNTERS = FRONT | {R.LIAISON, R.OFFICIAL}
# Who follows the press, and who writes down what it told.
PRESS_WRITERS = FRONT | {R.DIRECTOR}
PRESS_READERS = PRESS_WRITERS | {R.PRESIDENCY, R.AUDITOR, R.LIAISON, R.EXECUTIVE, R.HEAD}
# Whom the ladder of a case reaches: who may answer for a rung.
ANSWERERS = frozenset(
    {
        R.OFFICIAL, R.LIAISON, R.EXECUTIVE, R.HEAD, R.PRESIDENCY, R.SUPERVISOR, R.DIRECTOR,
        R.DENUNCIATIONS,
    }
)  # fmt: skip
# Who watches over what climbed; an official's own cases are in the inbox.
CLIMB_READERS = (ANSWERERS - {R.OFFICIAL}) | {R.AUDITOR}
# Whose closures are audited, and who reads the scores of every entity.
AUDITED = frozenset({R.LIAISON, R.EXECUTIVE, R.HEAD})
AUDIT_READERS = frozenset({R.DIRECTOR, R.SUPERVISOR, R.AUDITOR})
# Who reads calendars and agreements (an entity's own people: the agreements of their entity).
OF_TERMS = frozenset(
    {
        R.SUPERVISOR, R.DIRECTOR, R.AUDITOR, R.ADMINISTRATOR, R.LIAISON, R.EXECUTIVE, R.HEAD,
    }
)  # fmt: skip
# Of these, who reads the agreements of every entity.
OF_ALL_TERMS = frozenset({R.SUPERVISOR, R.DIRECTOR, R.AUDITOR, R.ADMINISTRATOR})
# Who reads the strategic plan of the centre: who answers for the centre and for an entity, and who
# watches over them. Only the direction writes (centro.insights.actions.PLANNERS).
PLAN_READERS = frozenset(
    {R.DIRECTOR, R.PRESIDENCY, R.SUPERVISOR, R.AUDITOR, R.QUALITY, R.EXECUTIVE, R.HEAD}
)
# Who reads and answers conversations: the centre all of them, an entity those of its own accounts,
# denunciation officers those about sealed cases (centro.cases.talks says which).
TALKERS = frozenset({R.OPERATOR, R.SUPERVISOR, R.DIRECTOR, R.LIAISON, R.EXECUTIVE, R.DENUNCIATIONS})
# Who writes ready answers, says who takes what, and turns the surge on.
TALK_KEEPERS = frozenset({R.SUPERVISOR, R.DIRECTOR})
