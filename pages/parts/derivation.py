"""The derivation of the ELBO, step by step, each with the run's own numbers at the frame in view."""

import math

import streamlit as st

from pages.parts import panels
from pages.parts.numbers import numbers
from repz_core.config import RepzError
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

COLORS = {"val_recon": palette.RECONSTRUCTION, "val_kl": palette.KL}

JOINT = r"E(x,z) = q(z\mid x)\,q(x) \qquad D(x,z) = p(x\mid z)\,p(z)"
EXPANDED = (
    r"\mathrm{KL}[E\,\|\,D] = \mathbb{E}_{q(x)\,q(z\mid x)}"
    r"\big[\log q(x) + \log q(z\mid x) - \log p(x\mid z) - \log p(z)\big]"
)
GROUPED = (
    r"= \underbrace{\mathbb{E}\,[-\log p(x\mid z)]}_{\text{RECONSTRUCTION}}"
    r" + \underbrace{\mathbb{E}_{q(x)}\,\mathrm{KL}\big(q(z\mid x)\,\|\,p(z)\big)}_{\text{KL}}"
    r" + \underbrace{\mathbb{E}_{q(x)}\log q(x)}_{C}"
)
ELBO = r"= \mathbb{E}_{q(x)}\big[-\mathrm{ELBO}(x)\big] + C"
GAP = r"\log p(x) = \mathrm{ELBO}(x) + \mathrm{KL}\big(q(z\mid x)\,\|\,p(z\mid x)\big)"


def derivation(run: Run, pixels: str) -> None:
    """Formulas by KaTeX; under each the same terms as numbers, which follow the scrubber."""
    constant = _constant(run)
    hint = _("q(x) is the law of the validation images themselves. All terms in nats per image, at the step in view.")
    with panels.panel(_("Where does the loss come from?"), f"{hint} {pixels}", run):
        _step(run, "joint", _("Encoder and decoder each give a law of image and code together:"), JOINT, "")
        words = _("Training brings the two together. Written out, their divergence is")
        terms = _(
            "log q(x) = {c},  log q(z|x) = {{val_kl+val_log_prior}},  log p(x|z) = {{-val_recon}},  "
            "log p(z) = {{val_log_prior}}"
        )
        _step(run, "expanded", words, EXPANDED, terms.format(c=_shown(constant)))
        words = _("The terms with z but without x make a divergence of their own; log q(x) knows no model:")
        terms = "{val_recon} + {val_kl} + " + _shown(constant)
        total = "" if constant is None else f" = {{val_recon+val_kl{constant:+.4f}}}"
        _step(run, "grouped", words, GROUPED.replace("RECONSTRUCTION", _("reconstruction")), terms + total)
        words = _("So the least divergence is the greatest ELBO, whatever C is:")
        _step(run, "elbo", words, ELBO, "ELBO = −({val_recon} + {val_kl}) = {val_elbo}")
        words = _(
            "What the bound leaves out is how far q is from the true posterior (log p(x) by importance sampling):"
        )
        _step(run, "gap", words, GAP, "{-val_nll} = {val_elbo} + {val_recon+val_kl-val_nll}")
        if constant is None:
            st.caption(_("C = −H(q) has no finite value: finitely many grey images have no density."))
        else:
            count = _("C = −H(q(x)) = −{entropy:.2f}: for N images that are all distinct, −log N.")
            st.caption(count.format(entropy=-constant))


def _step(run: Run, key: str, words: str, formula: str, template: str) -> None:
    st.markdown(words)
    st.latex(formula)
    if template:
        numbers(run, template, key=key, colors=COLORS)


def _constant(run: Run) -> float | None:
    """E log q(x) of the validation images, as recorded; None where it has no finite value, or is not here."""
    try:
        entropy = float(run.snapshot(run.frames()[0]).arrays["entropy"][0])
    except (RepzError, IndexError, KeyError):
        return None
    return -entropy if math.isfinite(entropy) else None


def _shown(constant: float | None) -> str:
    return "C" if constant is None else f"(−{-constant:.2f})"
