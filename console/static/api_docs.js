// Shows the API with Swagger UI, from this server alone: no validator, no fonts, nothing from elsewhere.
const place = document.getElementById("swagger");
place.hidden = false;

// Swagger UI's parts without its own frame: the page has a title, a main part and headings already.
const framing = ({ React }) => ({
  components: {
    OperationsInOurPage({ getComponent, specSelectors }) {
      const part = (name, contained = true) => React.createElement(getComponent(name, contained));
      const state = specSelectors.loadingStatus();
      const parts =
        state === "success"
          ? [part("SvgAssets", false), part("errors"), part("SchemesContainer"), part("operations"), part("Models")]
          : state === "loading" ? [] : [part("errors")];
      return React.createElement("div", { className: "swagger-ui" }, ...parts);
    },
  },
});

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  plugins: [framing],
  layout: "OperationsInOurPage",
  defaultModelsExpandDepth: 0,
  deepLinking: false, // Its links would stand inside buttons, which keyboards and screen readers cannot tell apart.
  displayRequestDuration: true,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
});

// Swagger UI knows the dark look by a class of its own.
const system = matchMedia("(prefers-color-scheme: dark)");
function follow() {
  const theme = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && system.matches));
}
system.addEventListener("change", follow);
document.addEventListener("look", follow);
follow();
