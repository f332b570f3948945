"""The web side: everything that knows Streamlit or Starlette. Meets the core through recipes, runs and figures."""
