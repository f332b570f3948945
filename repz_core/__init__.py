"""repz_core: representation learning as runs you can look into. Knows no Streamlit; see docs/architecture.md."""
