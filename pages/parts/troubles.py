"""The four troubles of GAN training, each a recorded run that breaks and runs on the same seed that mend it."""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import panels
from pages.parts.family import family
from pages.parts.starting import start, start_here
from pages.parts.view import show
from repz_core import recipes
from repz_core.figures import palette
from repz_core.figures.bars import bars
from repz_core.locale import N_, _
from repz_core.recipes import gan
from repz_core.run import Run
from repz_core.runs import RunStore, run_id

WORDS = {
    "vanishing": N_(
        "The saturating loss and a discriminator that is trained to its optimum: where D is sure, log(1 − D) is flat, "
        "and no gradient reaches the generator. With the non-saturating loss the same D pulls with full force."
    ),
    "oscillation": N_(
        "Plain gradient steps do not come to rest where the game does: taken at the same time they spiral out, in "
        "turns they orbit. R1 adds friction."
    ),
    "collapse": N_(
        "The generator goes where D is fooled right now, and drops the rest. Judging packs of samples, or blurring "
        "both laws with noise that fades, makes a missing mode visible to D."
    ),
    "resolution": N_("More pixels cost more time a step, and need more steps: the same game at 8 to 64 pixels."),
}
TITLES = {
    "vanishing": N_("Vanishing gradient"), "oscillation": N_("Oscillation"), "collapse": N_("Mode collapse"),
    "resolution": N_("High resolution"),
}  # fmt: skip
MEASURES = {
    "vanishing": "gradient",
    "oscillation": "loss",
    "collapse": "modes",
}  # what tells a cure from its trouble
MEASURED_STEPS = 30  # of each size, to time a step


def measure(trouble: str) -> str:
    """Which chart tells a cure from its trouble."""
    return MEASURES[trouble]


def choose(run: Run) -> str:
    """A row of buttons, one a trouble; the URL keeps which."""
    name = st.query_params.get("trouble")
    if name not in TITLES:
        shown = [trouble for trouble, pairs in gan.TROUBLES.items() if any(_named(run, broken) for broken, _c in pairs)]
        name = [*shown, "vanishing"][0]
    st.session_state["trouble"] = name
    st.segmented_control(
        _("trouble"), list(TITLES), format_func=lambda trouble: _(TITLES[trouble]), key="trouble", required=True,
        label_visibility="collapsed", on_change=lambda: st.query_params.update(trouble=st.session_state["trouble"]),
    )  # fmt: skip
    return name


def pair(run: Run, trouble: str) -> Run | None:
    """What goes wrong, in words; see to it that the broken run is in view. The cure that was chosen; None where one of
    both is yet to be trained.
    """
    words, choice = st.columns([2.1, 1], gap="small")
    words.markdown(_(WORDS[trouble]))
    pairs = gan.TROUBLES[trouble]
    broken, cure = choice.selectbox(
        _("pair"), pairs, format_func=lambda pair: f"{_(pair[0])} → {_(pair[1])}", key=f"pair-{trouble}",
        index=next((i for i, (broken, _c) in enumerate(pairs) if _named(run, broken)), 0), label_visibility="collapsed",
    )  # fmt: skip
    store = RunStore()
    first, second = (store.find(recipes.preset("gan", name)) for name in (broken, cure))
    if first and first.id != run.id:
        show(first)
        st.rerun()
    for name, found in ((broken, first), (cure, second)):
        if found is None and start_here(_("Train “{name}”").format(name=_(name))):
            if (started := start(recipes.preset("gan", name))) is None:
                continue
            if name == broken:
                show(started)
            st.rerun()
    return second if first else None


def _named(run: Run, preset: str) -> bool:
    return run.id == run_id(recipes.preset("gan", preset))


def table(run: Run) -> None:
    """The sheet's general form, and the table's row that the run plays by."""
    model = run.recipe.model
    title, hint = _("Which game is it?"), _("F(t), F̃(t) of the logit t = D(x).")
    with panels.panel(title, hint, run, _("analytic")):
        st.latex(gan.GAME[0])
        st.latex(gan.GAME[1])
        rows = [f"| {_('loss')} | $f_r$ | $f_f$ | $f_g$ |", "|---|---|---|---|"]
        for name, formulas in gan.FORMULAS.items():
            here = name == ("wgan_gp" if model.loss == "wasserstein" and model.gradient_penalty else model.loss)
            words = _(gan.LOSSES.get(name, "WGAN-GP"))
            rows.append(f"| {f'**➤ {words}**' if here else words} | " + " | ".join(formulas) + " |")
        st.markdown("\n".join(rows))
        st.caption(
            _("sp(t) = log(1 + eᵗ); [t]₊ = max(0, t). WGAN-GP adds 10 E(‖∇D(x̃)‖ − 1)², x̃ between real and fake.")
        )
        with st.popover(_("What the sheet writes, and why it fails"), width="stretch"):
            st.latex(
                r"\min_w \max_{\tilde w}\; \mathbb{E}_y F(D(y;w)) - \mathbb{E}_\eta \tilde F(D(G(\eta;\tilde w);w))"
            )
            st.markdown(
                _(
                    "D (weights w) minimises there, so F must be a loss; F = log has the wrong sign: the minimax game "
                    "is F = −log D, F̃ = log(1 − D). And one zero-sum value cannot express the non-saturating, "
                    "least-squares or hinge generator, whose loss is not the negative of D’s: that takes three "
                    "functions."
                )
            )


def cost(run: Run) -> None:
    """Seconds a step at each size, as recorded, and as measured here by one button."""
    recorded = family(run, "size", "model.size").members
    here = [(recipe.model.size, RunStore().find(recipe)) for recipe in timed_recipes()]
    ours = [(size, found.status.seconds / found.status.step) for size, found in here if found and found.status.step]
    labels = [f"{member.value:g}" for member in recorded]
    series = [(_("recorded run"), palette.PARENT, [member.seconds_per_step for member in recorded])]
    if ours:
        times = dict(ours)
        series.append((_("this machine"), palette.FAKE, [times.get(int(member.value)) for member in recorded]))
    hint = _("Wall-clock seconds of a step of both players, one thread.")
    with panels.panel(_("What does a step cost?"), hint, run):
        st.plotly_chart(bars(labels, series, _("pixels a side"), _("seconds a step")), key="cost", theme="streamlit")
        looks = {"icon": ":material/timer:", "help": _("Trains a few steps at each size.")}
        if start_here(_("Measure here"), **looks) and all(start(recipe) for recipe in timed_recipes()):
            st.rerun()


@cache
def timed_recipes() -> tuple[Any, ...]:
    """Short runs, one a size."""
    family_runs = recipes.family_of_runs("gan", "size")
    return tuple(
        recipe.replace(**{"training.steps": MEASURED_STEPS, "training.num_frames": 2}) for recipe in family_runs
    )
