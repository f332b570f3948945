"""Names in the code that a person also reads, as words: settings, their choices, metrics."""

from repz_core.locale import N_, _

# How a name is written where it is more than the name with spaces; and, so that they are translated, all others.
WRITTEN = {
    "adam": "Adam", "batch_topk": N_("TopK of a batch"), "elbo": "ELBO", "iwae": "IWAE", "kl": "KL", "l0": "L0",
    "mlp": "MLP", "nt_xent": "NT-Xent", "relu": "ReLU", "sgd": "SGD", "simsiam": "SimSiam", "topk": "TopK",
    "vicreg": "VICReg",
}  # fmt: skip
SPOKEN = (
    # settings
    N_("active"), N_("affine"), N_("augment"), N_("batch size"), N_("beta"), N_("beta1"), N_("beta2"), N_("blur"),
    N_("channels"), N_("clip"), N_("constraint"), N_("crop"), N_("d steps"), N_("dataset"), N_("decay"), N_("depth"),
    N_("draws"), N_("elastic"), N_("ema"), N_("erase"), N_("estimator"), N_("flip"), N_("free bits"),
    N_("gradient penalty"), N_("grey"), N_("h"), N_("half life"), N_("hidden"), N_("instance noise"), N_("jitter"),
    N_("k"), N_("l1"), N_("l2"), N_("likelihood"), N_("loss"), N_("lr"), N_("lr d"), N_("net"), N_("noise"),
    N_("noise steps"), N_("num frames"), N_("objective"), N_("octaves"), N_("optimiser"), N_("order"), N_("packing"),
    N_("prior"), N_("pull"), N_("r1"), N_("r1 every"), N_("rate"), N_("resample"), N_("seed"), N_("shift"), N_("size"),
    N_("spectral norm"), N_("steps"), N_("temperature"), N_("threads"), N_("threshold"), N_("units"), N_("variant"),
    N_("warmup"), N_("weights"), N_("width"),
    # states of a run
    N_("queued"), N_("running"), N_("paused"), N_("done"), N_("stopped"), N_("failed"),
    # choices
    N_("alternating"), N_("bernoulli"), N_("conv"), N_("gaussian"), N_("hinge"), N_("laplace"), N_("least squares"),
    N_("linear"), N_("minimax"), N_("no negatives"), N_("non saturating"), N_("normal"), N_("orthonormal"),
    N_("pathwise"), N_("reconstruction"), N_("score"), N_("sheet"), N_("simultaneous"), N_("tied"), N_("untied"),
    N_("wasserstein"),
    # pictures over time
    N_("atoms"), N_("manifold"), N_("neighbours"), N_("reconstructions"), N_("samples"), N_("singular vectors"),
    # metrics
    N_("active units"), N_("alive"), N_("amortisation gap"), N_("distance"), N_("fid"), N_("high quality"), N_("js"),
    N_("knn"), N_("loss over floor"), N_("modes"), N_("nll"), N_("precision"), N_("principal angle"), N_("probe h"),
    N_("probe h 10"), N_("probe z"), N_("recall"), N_("recon"), N_("spread"), N_("variance explained"),
)  # fmt: skip


def spoken(name: object) -> str:
    """A setting's, a choice's or a metric's name as words; a number as it is."""
    if not isinstance(name, str):
        return str(name)
    return _(WRITTEN.get(name, name.replace("_", " ")))
