"""What the SimCLR page shows of a run, a section each: panels that answer one question."""

import math
from functools import cache
from typing import Any

import streamlit as st

from pages.parts import contrast, family, panels
from repz_core.datasets import catalogue
from repz_core.figures import palette, simclr
from repz_core.figures.live import comparison
from repz_core.locale import N_, _, language
from repz_core.run import Run

# Of each objective a preset that has it, its name and colour.
OBJECTIVES = {
    "nt_xent": ("MNIST, h of 128 numbers", N_("NT-Xent"), palette.REAL),
    "no_negatives": ("Collapse: no negatives", N_("no negatives"), palette.FAKE),
    "simsiam": ("Cured by SimSiam", N_("SimSiam"), palette.RECONSTRUCTION),
    "vicreg": ("Cured by VICReg", N_("VICReg"), palette.KL),
    "sheet": ("The sheet's denominator", N_("the sheet's denominator"), palette.PARENT),
}
JITTERED, PLAIN = "Sprites with colour jitter", "Sprites without colour jitter"


def views(run: Run) -> None:
    """The drawing of SimCLR with the run's own numbers."""
    hint = _(
        "Two random changes t, t′ of one image go through the same f and g; the loss wants z and z′ alike, and unlike "
        "those of 15 other images. Once trained, g has done its work: what is kept is h."
    )
    contrast.branches(run, _("How does it learn without labels?"), hint)


def bench(run: Run) -> None:
    """Augmentations to try, on images the run never saw."""
    hint = _(
        "Test images. What changes between views, the net learns to ignore; what never changes, it may use as a "
        "shortcut. A pair that you would not know for one image, it cannot know either."
    )
    contrast.bench(run, _("Which changes shall not matter?"), hint)


def loss(run: Run) -> None:
    """NT-Xent on recorded views, at a temperature of choice, and the loss beside chance and the sheet's."""
    left, right = st.columns([1.75, 1], gap="small")
    with left:
        hint = _(
            "16 test images, two views each. Each row is a 31-way choice: which view is of the same image? A low τ has "
            "the most similar negatives take all of the push. Point at a row, click to keep it."
        )
        contrast.similarity(run, _("Which views belong together?"), hint)
    with right:
        _loss_curve(run)


def _loss_curve(run: Run) -> None:
    """The run's loss, and NT-Xent's and the sheet's beside each other, or a button that trains the other one."""
    model: Any = run.recipe.model
    objective = {"nt_xent": "sheet", "sheet": "nt_xent"}.get(model.objective)
    other = contrast.alike(run, OBJECTIVES[objective][0], **{"model.objective": objective}) if objective else None
    shown = [model.objective, objective] if other else [model.objective]
    names = [(_(OBJECTIVES[name][1]), (palette.REAL, palette.FAKE)[name == "sheet"]) for name in shown]
    chance = math.log(2 * run.recipe.training.batch_size - 1) if objective else None
    hint = _("Mean over a batch, training images.")
    if objective:
        hint = _(
            "Mean over a batch of N pairs. The sheet has s_ij where its sum must have s_ik: its loss is the chance "
            "line, whatever z is, and its gradient is zero."
        )
    title, others = _("Better than chance?") if objective else _("Does the loss fall?"), [other] if other else []
    figure = simclr.loss(names, chance).to_plotly_json()
    panels.live_chart(run, title, hint, figure, key="loss", others=others, tall=True)
    if objective and not other:
        family.offer_twin(run, **{"model.objective": objective})


def maps(run: Run) -> None:
    """UMAP of h and of z over training, with principal axes beside them."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _(
            "Each frame is kept near the one before: what moves has moved. Reseed: what changes then is not the data's."
        )
        contrast.embedding(run, _("What is near what in h?"), hint, ["h umap", "h seed", "h all"])
    with second:
        hint = _("Behind the head. Trustworthiness: neighbours here are neighbours in truth; continuity: the reverse.")
        contrast.embedding(run, _("And in z?"), hint, ["z umap"])
    with third:
        hint = _("The two directions that vary most: a shadow, but one without choices. Point at a dot for its image.")
        contrast.embedding(run, _("And by PCA?"), hint, ["h pca", "z pca"])


def learned(run: Run) -> None:
    """How much of the classes h holds, beside z, pixels, an untrained net and PCA."""
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        hint = _(
            "Linear probes on validation images, trained on h, on z, on pixels, on h before training, on as many "
            "principal components, and on codes of a VAE as large. Bands: one standard deviation over draws of labels."
        )
        title = _("What are few labels worth?")
        if figure := _labels(run):
            panels.live_chart(run, title, hint, figure, key="labels", tall=True)
        else:
            with panels.panel(title, hint, run):
                st.info(_("These probes come when training has ended."), icon=":material/hourglass_empty:")
    with right:
        hint = _("Training never sees a class. Probes on all labels are trained anew at each frame.")
        figure = _figure("probes", language())
        panels.live_chart(run, _("Do classes appear in h?"), hint, figure, key="probes", tall=True)


def spread(run: Run) -> None:
    """How z is spread over its sphere, and the sphere itself where it can be seen."""
    model: Any = run.recipe.model
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("Left: views of one image meet. Down: images spread over the sphere. Collapse is at the top left.")
        figure = _figure("geometry", language())
        panels.live_chart(run, _("Aligned and uniform?"), hint, figure, key="geometry", tall=True)
    with second:
        hint = _("Of z over the validation images. Axes at the bottom are not in use.")
        figure = _figure("singular", language())
        panels.live_chart(run, _("How many axes are in use?"), hint, figure, key="singular", tall=True)
    with third:
        if min(model.size if model.depth else model.h, 4) <= 3:
            hint = _("Directions of z by class; on the circle each class on its own ring. Drag to turn the sphere.")
            contrast.sphere(run, _("Where does each class go?"), hint)
        else:
            hint = _("z on its first two principal axes. With size 2 or 3 it is seen whole, on the circle or sphere.")
            contrast.embedding(run, _("Where does each class go?"), hint, ["z pca"])


def collapse(run: Run) -> None:
    """What happens without negatives, and what stops it: runs that differ in the objective."""
    mine: Any = run.recipe.model
    found = {
        objective: contrast.alike(run, preset, **{"model.objective": objective})
        for objective, (preset, _name, _color) in OBJECTIVES.items()
        if objective not in (mine.objective, "sheet")
    }
    others = {objective: other for objective, other in found.items() if other}
    shown = [(mine.objective, run), *others.items()]
    names = [(_(OBJECTIVES[name][1]), OBJECTIVES[name][2]) for name, _run in shown]
    charts = (
        ("singular", _("How many axes are in use?"), simclr.singular_values(names),
         _("Singular values of z; of the others at their end. Collapsed, nothing is left to tell images apart.")),
        ("plane", _("Aligned, but uniform?"), simclr.geometry(names),
         _("Without negatives one point is the optimum, at the top left. A predictor or variance terms can stop it.")),
        ("probe", _("What does it cost?"), comparison("val_probe_h", names, _("accuracy, probe on h")),
         _("Validation images. Even random features hold classes: a probe need not see that all is lost.")),
    )  # fmt: skip
    charts = charts if catalogue.card(run.recipe.dataset).labelled else charts[:2]  # no classes, no probe
    for column, (key, title, figure, hint) in zip(st.columns(len(charts), gap="small"), charts, strict=True):
        with column:
            panels.live_chart(run, title, hint, figure.to_plotly_json(), key=f"collapse-{key}",
                              others=list(others.values()), tall=True)  # fmt: skip
    for objective, other in found.items():
        if other is None:
            family.offer_twin(run, **{"model.objective": objective})


def shortcut(run: Run) -> None:
    """Colour as a shortcut: runs with and without colour jitter."""
    jittered = run.recipe.data.jitter > 0  # type: ignore[attr-defined]
    changes = {"data.jitter": 0.0, "data.grey": 0.0} if jittered else {"data.jitter": 0.8, "data.grey": 0.2}
    other = contrast.alike(run, PLAIN if jittered else JITTERED, **changes)
    if other is None:
        family.offer_twin(run, **changes)
        return
    names = [(_("with colour jitter"), palette.REAL), (_("without"), palette.FAKE)][:: 1 if jittered else -1]
    first, second, third = st.columns(3, gap="small")
    for column, side, (name, _color) in zip((first, second), (run, other), names, strict=True):
        with column:
            hint = _("Map of h. Where neighbours share a colour and not a shape, colour was the shortcut.")
            title = _("What is near, {how}?").format(how=name)
            contrast.embedding(side, title, hint, ["h umap"], images=True, clock=run if side is other else None)
    with third:
        hint = _("Validation images; the classes are shapes. Both see the same images.")
        figure = comparison("val_probe_h", names, _("accuracy on shapes, probe on h")).to_plotly_json()
        panels.live_chart(run, _("Who learns shapes?"), hint, figure, key="shortcut", others=[other], tall=True)


def _labels(run: Run) -> dict[str, Any] | None:
    """The figure of accuracies against labels, or None while there are none: they come with the last frame."""
    frames = run.frames()
    arrays = run.snapshot(frames[-1]).arrays if frames else {}
    if "probe_accuracy" not in arrays:
        return None
    return simclr.labels(arrays["probe_labels"], arrays["probe_accuracy"]).to_plotly_json()


@cache
def _figure(name: str, language: str) -> dict[str, Any]:
    """An empty figure that the page fills; plotly takes 10 ms to build it."""
    build = {"probes": simclr.probes, "geometry": simclr.geometry, "singular": simclr.singular_values}[name]
    return build().to_plotly_json()
