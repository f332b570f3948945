"""What the page of sparse codes shows of a run, a section each: panels that answer one question."""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import atoms, family, latent, panels, penalties, same
from pages.parts.knobs import fork_run
from pages.parts.numbers import numbers
from pages.parts.starting import start_here
from pages.parts.view import show, usual_preset
from repz_core.config import RepzError
from repz_core.figures import palette, sparse
from repz_core.figures.live import comparison
from repz_core.locale import N_, _, language
from repz_core.run import Run
from repz_core.runs import RunStore

KINDS = {
    "sparse_coding": (N_("sparse coding, exact codes"), palette.REAL),
    "batch_topk": (N_("TopK of a batch"), palette.RECONSTRUCTION),
    "topk": (N_("TopK"), palette.CLASSES[4]),
    "relu": (N_("ReLU and L1"), palette.FAKE),
    "kl": (N_("KL to a rate"), palette.KL),
}
SHADES = ("#56b4e9", "#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7")  # of runs that differ in λ, ascending


def overview(run: Run) -> None:
    """The atoms over training, what they keep of images, and how few are in use."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("What a unit adds to an image; grey is zero. Most used first, by their use in the end. Scrub.")
        side, title = _columns(run), _("Which atoms does it learn?")
        panels.samples(run, title, hint, array="atoms", columns=side, most=side**2, order="density")
    with second:
        hint = _("Test images, never trained on, above what their few active units make of them.")
        arrays = {"inputs": _("test images"), "reconstructions": _("reconstructed")}
        panels.sheets(run, _("What do sparse codes keep?"), hint, arrays, columns=5, most=10)
    with third:
        hint = _("On validation images. Variance explained: 1 − squared error over that of the mean image.")
        panels.live_chart(run, _("Few units, good copies?"), hint, _figure("quality", language()), key="quality")
    _say_if_silent(run)


def _columns(run: Run) -> int:
    """Of the sheet of atoms: as near a square as their number allows."""
    shape = run.snapshot(run.frames()[0]).arrays["atoms"].shape if run.frames() else (64,)
    return int(shape[0] ** 0.5)


def _say_if_silent(run: Run) -> None:
    """What it means where all codes are zero."""
    row = next((row for row in reversed(run.events()) if "val_l0" in row), {})
    if row.get("val_l0") == 0:
        st.info(
            _(
                "All codes are zero: λ = {l1:g} costs more than any atom can save, so every image gets the same "
                "reconstruction. Lower λ and start again."
            ).format(l1=run.recipe.model.l1),
            icon=":material/blur_off:",
        )


def codes(run: Run) -> None:
    """Sparsity histograms: values with their exact zeros, active units an image, use of each unit."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("All codes of the validation images. The bar at 0 holds exact zeros alone. On decades.")
        panels.live_chart(run, _("How many codes are exactly zero?"), hint, _figure("values", language()), key="values")
    with second:
        hint = _("L0 of the validation images, at the step in view.")
        panels.live_chart(
            run, _("How many units does an image take?"), hint, _figure("active", language()), key="active"
        )
    with third:
        hint = _("Units by the share of training images they are active on. Where there is no bar, a unit is dead.")
        panels.live_chart(run, _("Is every unit in use?"), hint, _figure("use", language()), key="use")
    if run.recipe.method == "sparse_ae":
        _resampling(run)
    _say_if_silent(run)


def _resampling(run: Run) -> None:
    """How many units are dead, and a button that gives them new directions, in a fork."""
    words, button = st.columns([2, 1], gap="small", vertical_alignment="center")
    with words:
        template = _("{{val_dead}} of {units} units are dead: never active on the training images").format(
            units=run.recipe.model.units
        )
        numbers(run, template, digits=0)
    frames = run.frames()
    wish = _("A fork of this run, from its newest frame, in which dead units start again towards what is missing.")
    with button:
        pressed = start_here(_("Wake dead units"), icon=":material/refresh:", width="stretch", help=wish,
                             disabled=not frames)  # fmt: skip
    if pressed:
        step, steps = frames[-1], run.recipe.training.steps
        changes = {
            "model.resample": step + 1,
            "training.steps": steps if step < steps else steps + max(200, steps // 4),
        }
        fork_run(run.recipe.replace(parent=None, **changes), run, step)


def each_atom(run: Run) -> None:
    """A page of each atom."""
    hint = _("An atom, what it is strongest on, and its nearest relatives, over the validation images.")
    atoms.atoms(run, _("What is each atom for?"), hint)


def building(run: Run) -> None:
    """An image, put together atom by atom."""
    atoms.build(
        run, _("What is this image made of?"), _("Add the active atoms one after the other, and see the error fall.")
    )


def between(run: Run) -> None:
    """What lies between two images."""
    hint = _("Codes of both images mixed, and decoded. Halfway both sets of atoms are active: it fades, nothing moves.")
    latent.interpolation(run, _("What lies between two images?"), hint)


def front(run: Run) -> None:
    """Fidelity against sparsity, over runs and over lambda."""
    left, right = st.columns([1.2, 1], gap="small")
    with left:
        hint = _("Test images; finished runs on this data set. Up and left is better; click a point to open its run.")
        names = {kind: (_(name), color) for kind, (name, color) in KINDS.items()}
        figure = sparse.front(_trained(run.recipe.dataset), names, run.id).to_plotly_json()
        clicked = panels.live_chart(run, _("What does sparsity cost?"), hint, figure, key="front", tall=True)
        if clicked and clicked != run.id:
            show(RunStore().open(clicked))
            st.rerun()
    found = family.family(run, "l1", "model.l1")
    with right:
        others = [RunStore().open(member.run) for member in found.members]
        shades = [(f"λ {member.value:g}", color) for member, color in zip(found.members, SHADES, strict=False)]
        hint = _("L0 of the validation images at the end of runs that differ in λ alone. {source}")
        figure = sparse.active(shades).to_plotly_json()
        panels.live_chart(run, _("What does λ do?"), hint.format(source=family.source(found)), figure, key="lambda",
                          others=others[: len(shades)], tall=True)  # fmt: skip
    hint = _("Test images and what their codes keep, by λ.")
    arrays = {"inputs": (_("test images"), 1), "reconstructions": (_("reconstructed"), 1), "atoms": (_("atoms"), 2)}
    family.slider(run, "λ", "model.l1", found, _("What does λ cost the eye?"), hint, arrays)


@st.cache_data(ttl=5, max_entries=20, show_spinner=False)
def _trained(dataset: str) -> list[sparse.Trained]:
    """The finished sparse runs on a data set."""
    points = []
    for run in RunStore().list():
        recipe, metrics = run.recipe, run.status.metrics
        if recipe.dataset == dataset and recipe.method in ("sparse_ae", "sparse_coding") and metrics.get("l0", 0) > 0:
            kind = getattr(recipe.model, "variant", recipe.method)
            label = f"ρ {recipe.model.rate:g}" if kind == "kl" else f"λ {recipe.model.l1:g}"
            label = f"k {recipe.model.active}" if "topk" in kind else label
            points.append(sparse.Trained(kind, label, metrics["l0"], metrics["variance_explained"], run.id))
    return points


def gap(run: Run) -> None:
    """How far the encoder's codes are from the best ones on its own dictionary."""
    left, right = st.columns(2, gap="small")
    with left:
        hint = _(
            "½ squared error + λ ‖h‖₁ of the validation images, λ = {l1:g}. Between the lines: what one layer and one "
            "pass cost. Only ReLU and L1 is trained to close it."
        ).format(l1=run.recipe.model.l1)
        title = _("How much does a fast encoder give away?")
        panels.live_chart(run, title, hint, _figure("gap", language()), key="gap", tall=True)
    with right:
        hint = _("Validation images at the end of training; on the thin line the encoder would be as good as a solver.")
        panels.live_chart(
            run, _("On which images?"), hint, _figure("objectives", language()), key="objectives", tall=True
        )


def why_zeros(run: Run) -> None:
    """Why L1 gives exact zeros and L2 does not."""
    penalties.shrinkage(run)


def solver(run: Run) -> None:
    """How codes are found, step by step."""
    penalties.descent(run)


def law(run: Run) -> None:
    """The Laplace prior behind the penalty."""
    left, right = st.columns([1.15, 1], gap="small")
    with left:
        penalties.law(run)
    with right:
        penalties.noise(run)
    if st.button(_("A code that follows its law: the VAE with a Laplace prior"), icon=":material/arrow_forward:"):
        try:
            asked = {"run": usual_preset("vae", "A Laplace prior").id}
        except RepzError as error:
            st.info(str(error), icon=":material/info:")
        else:
            st.switch_page(st.session_state["pages"]["vae"], query_params=asked)


def norms(run: Run) -> None:
    """With and without atoms of norm one: the penalty melts away."""
    other = family.twin(run, **{"model.constraint": not run.recipe.model.constraint})
    if other is None:
        family.offer_twin(run, **{"model.constraint": not run.recipe.model.constraint})
        return
    words = {True: (_("norm one"), palette.RECONSTRUCTION), False: (_("free norms"), palette.FAKE)}
    sides = [words[side.recipe.model.constraint] for side in (run, other)]
    charts = (
        ("penalty", _("What does the penalty cost?"), _("λ ‖u‖₁ an image"),
         _("Without the constraint atoms grow and codes shrink: the same images, for nothing. The sheet omits it.")),
        ("l0", _("Is it sparse?"), _("active units an image"), _("A penalty that costs nothing keeps nothing silent.")),
        ("norm", _("How long are the atoms?"), _("mean norm of an atom"), _("It never ends: there is no minimum.")),
    )  # fmt: skip
    for column, (term, title, y, hint) in zip(st.columns(3, gap="small"), charts, strict=True):
        with column:
            figure = comparison(term, sides, y, log=True).to_plotly_json()
            panels.live_chart(run, title, hint, figure, key=f"norms-{term}", others=[other])


def same_size(run: Run) -> None:
    """Linear, sparse and variational codes of sixteen numbers."""
    same.same_size()


@cache
def _figure(name: str, language: str) -> dict[str, Any]:
    """An empty figure that the page fills; plotly takes 10 ms to build it."""
    build = {
        "quality": sparse.quality, "values": sparse.values, "active": sparse.active, "use": sparse.use,
        "gap": sparse.gap, "objectives": sparse.objectives,
    }[name]  # fmt: skip
    return build().to_plotly_json()
