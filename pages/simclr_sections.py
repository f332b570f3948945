"""What the SimCLR page shows of a run, a section each: panels that answer one question."""

import math
from functools import cache
from typing import Any

import streamlit as st

from pages.parts import contrast, family, panels
from repz_core.figures import palette, simclr
from repz_core.locale import _, language
from repz_core.run import Run

SHEET = "The sheet's denominator"


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
    """The run's loss, that of the other denominator beside it, or a button that trains it."""
    model: Any = run.recipe.model
    contrasts = model.objective in ("nt_xent", "sheet")
    objective = "nt_xent" if model.objective == "sheet" else "sheet"
    other = None
    if contrasts:
        preset = SHEET if objective == "sheet" else "MNIST, h of 128 numbers"
        other = contrast.alike(run, preset, **{"model.objective": objective})
    words = {"nt_xent": (_("NT-Xent"), palette.REAL), "sheet": (_("the sheet's denominator"), palette.FAKE)}
    sides = [words.get(model.objective, (_("loss"), palette.REAL)), words[objective]][: 2 if other else 1]
    chance = math.log(2 * run.recipe.training.batch_size - 1) if contrasts else None
    hint = _(
        "Mean over a batch of N pairs. The sheet has s_ij where its sum must have s_ik: its loss is the chance line, "
        "whatever z is, and its gradient is zero."
    )
    figure = simclr.loss(sides, chance).to_plotly_json()
    panels.live_chart(run, _("Better than chance?"), hint if contrasts else _("Mean over a batch."), figure, key="loss",
                      others=[other] if other else [], tall=True)  # fmt: skip
    if contrasts and not other:
        family.offer_twin(run, **{"model.objective": objective})


def maps(run: Run) -> None:
    """UMAP of h and of z over training, with principal axes beside them."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("Validation images by class. Each frame is kept near the one before: what moves has moved. Scrub.")
        contrast.embedding(run, _("What is near what in h?"), hint, ["h umap", "h all"])
    with second:
        hint = _("Behind the head. Trustworthiness: neighbours here are neighbours in truth; continuity: the reverse.")
        contrast.embedding(run, _("And in z?"), hint, ["z umap"])
    with third:
        hint = _("The two directions that vary most: a shadow, but one without choices. Point at a dot for its image.")
        contrast.embedding(run, _("And by PCA?"), hint, ["h pca", "z pca"])


def learned(run: Run) -> None:
    """How much of the classes h holds, beside z, pixels, an untrained net and PCA; how z is spread."""
    first, second, third = st.columns([1.25, 1, 1], gap="small")
    with first:
        hint = _("Linear probes on validation images; bands: one standard deviation over 6 draws of labels.")
        title = _("What are few labels worth?")
        if figure := _labels(run):
            panels.live_chart(run, title, hint, figure, key="labels", tall=True)
        else:
            with panels.panel(title, hint, run):
                st.info(_("The probes come when training has ended."), icon=":material/hourglass_empty:")
    with second:
        hint = _("Training never sees a class; probes on h are trained at each frame.")
        panels.live_chart(run, _("Do classes appear in h?"), hint, _figure("probes", language()), key="probes", tall=True)
    with third:
        hint = _("Left: views of an image meet. Down: images spread over the sphere. Collapse is the upper left corner.")
        figure = _figure("geometry", language())
        panels.live_chart(run, _("Aligned and uniform?"), hint, figure, key="geometry", tall=True)


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
