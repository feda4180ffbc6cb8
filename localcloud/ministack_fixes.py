"""Mends for what MiniStack does otherwise than AWS; each is described in docs/local-cloud.md."""

from localcloud import lambda_python


def apply(ministack, settings):
    """Mend MiniStack's modules and return its application."""
    functions_run_from_their_layers(settings)
    notification_filters_have_capitals()
    return ministack


def functions_run_from_their_layers(settings):
    """Functions see AWS's runtime and their layers, not this process's packages."""
    from ministack.core import lambda_runtime

    script = str(lambda_python.prepare(settings.state_dir / "lambda-runtime"))
    stock = lambda_runtime._detect_runtime_binary

    def detect(runtime):
        binary, worker = stock(runtime)
        return (script, worker) if runtime.startswith("python") else (binary, worker)

    lambda_runtime._detect_runtime_binary = detect


def notification_filters_have_capitals():
    """S3 answers filter names as `Prefix` and `Suffix`; MiniStack answers them in lower case."""
    from ministack.services import s3

    stock = s3._notification_configs_to_xml

    def to_xml(*arguments, **options):
        text = stock(*arguments, **options)
        return text.replace("<Name>prefix</Name>", "<Name>Prefix</Name>").replace("<Name>suffix</Name>", "<Name>Suffix</Name>")

    s3._notification_configs_to_xml = to_xml
