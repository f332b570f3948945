"""The homework sheet's four questions: what each asks, what its picture shows, and what to try first."""

from typing import NamedTuple

from pages import lecture
from repz_core.locale import N_


class Try(NamedTuple):
    """A page with a section and a run, in words that make one want to see it."""

    words: str
    page: str
    run: str  # as in a lecture: method/preset
    show: str

    def address(self) -> str:
        """Its URL."""
        return lecture.path_of(self.page, run=lecture.run_of(self.run), show=self.show)


class Question(NamedTuple):
    """A question of the sheet."""

    title: str
    asks: str
    picture: str
    tries: tuple[Try, ...]


QUESTIONS = (
    Question(
        N_("What holds a code back?"),
        N_("Three constraints on the latent, and their losses: size, sparsity, a probability law."),
        N_("Test images; below, by 16 numbers each: linear, sparse, variational."),
        (
            Try(N_("Does it find PCA?"), "linear", "linear_ae/MNIST in 16 numbers", "pca"),
            Try(N_("Which atoms does it learn?"), "sparse", "sparse_coding/Edges from photographs", "overview"),
            Try(N_("Why exact zeros?"), "sparse", "sparse_ae/ReLU and L1", "shrink"),
        ),
    ),
    Question(
        N_("Where does the VAE's loss come from?"),
        N_("From the KL of two joint laws to the loss, and why the draw is moved to an input."),
        N_("What the decoder makes of the middle of the latent plane."),
        (
            Try(N_("What does latent space look like?"), "vae", "vae/2-D map of MNIST", "map"),
            Try(N_("Line by line to the ELBO"), "vae", "vae/2-D map of MNIST", "derivation"),
            Try(N_("Which gradient is quieter?"), "vae", "vae/2-D map of digits", "gradients"),
        ),
    ),
    Question(
        N_("Why is a GAN hard to train?"),
        N_("The loss and what its letters mean; four troubles, each beside its cure."),
        N_("Real points blue, generated ones orange: collapsed, and with all eight modes."),
        (
            Try(N_("Watch both players"), "gan", "gan/Ring of 8", "game"),
            Try(N_("Four troubles, four cures"), "gan", "gan/Collapse on the ring", "troubles"),
            Try(N_("Which loss is it?"), "gan", "gan/Ring of 8", "loss"),
        ),
    ),
    Question(
        N_("How does SimCLR learn without labels?"),
        N_("Two views, one contrastive loss, and a head that is thrown away."),
        N_("Test digits where h puts them, by class. No label was used."),
        (
            Try(N_("Two views of one image"), "simclr", "simclr/MNIST, h of 128 numbers", "views"),
            Try(N_("Which views belong together?"), "simclr", "simclr/MNIST, h of 128 numbers", "loss"),
            Try(N_("What is h worth?"), "simclr", "simclr/MNIST, h of 128 numbers", "learned"),
        ),
    ),
)
